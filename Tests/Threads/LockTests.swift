import Testing
import Threads

@Suite("A lock") struct LockTests {
  @Test("lets one thread at a time in") func counting() {
    let count = Lock(0)
    let threads = (0..<8).map { number in
      NamedThread.start("counter-\(number)") { for _ in 0..<10_000 { count.withLock { $0 += 1 } } }
    }
    for thread in threads { thread.join() }
    #expect(count.withLock { $0 } == 80_000)
  }

  private struct Refused: Error {}

  @Test("is open again after an error") func throwing() {
    let value = Lock(1)
    #expect(throws: Refused.self) { try value.withLock { (_: inout Int) throws(Refused) in throw Refused() } }
    #expect(value.withLock { $0 } == 1)
  }
}

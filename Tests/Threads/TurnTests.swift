import Testing
import Threads

@Suite("A turn") struct TurnTests {
  private final class Sleeper: Sendable {
    let woken = Lock(0)
    func wake() { Turn.atEnd(self) { self.woken.withLock { $0 += 1 } } }
    var count: Int { woken.withLock { $0 } }
  }

  @Test("wakes everybody once, when all has been told") func once() {
    let (first, second) = (Sleeper(), Sleeper())
    Turn.run {
      for _ in 0..<3 { first.wake() }
      second.wake()
      #expect(first.count == 0)
    }
    #expect(first.count == 1 && second.count == 1)
    Turn.run { first.wake() }
    #expect(first.count == 2 && second.count == 1)
  }

  @Test("is a part of the one around it") func nested() {
    let sleeper = Sleeper()
    Turn.run {
      Turn.run { sleeper.wake() }
      #expect(sleeper.count == 0)
    }
    #expect(sleeper.count == 1)
  }

  @Test("is its thread's own: who has none wakes at once") func others() {
    let sleeper = Sleeper()
    sleeper.wake()
    #expect(sleeper.count == 1)
    Turn.run {
      NamedThread.start("other") { sleeper.wake() }.join()
      #expect(sleeper.count == 2)
    }
  }
}

import Testing
import Threads

@testable import ModelSimulator

@Suite struct OnceTests {
  @Test("what runs once runs once, and may be asked about a million times before")
  func once() {
    let runs = Lock(0)
    do {
      let once = Once { runs.withLock { $0 += 1 } }
      for _ in 0..<1_000_000 where once.isOver { Issue.record("over before it ran") }
      once.run()
      once.run()
      #expect(once.isOver)
    }
    #expect(runs.withLock { $0 } == 1)
  }
}

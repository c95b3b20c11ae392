import Telemetry
import Testing
import Threads

@Suite struct ReadinessTests {
  @Test("ready means that every condition holds, and that there is one")
  func allMet() {
    let readiness = Readiness()
    #expect(!readiness.isReady)
    let bus = readiness.condition("bus")
    let http = readiness.condition("http", initially: "not listening yet")
    #expect(readiness.unmet.map(\.why) == ["starting", "not listening yet"])
    bus.met()
    #expect(readiness.unmet.map(\.name) == ["http"])
    http.met()
    #expect(readiness.isReady)
    bus.unmet("no broker answers")
    #expect(!readiness.isReady)
    #expect(readiness.unmet.map(\.why) == ["no broker answers"])
  }

  @Test("a change of the whole is told once, a change of one part among others not at all")
  func told() {
    let readiness = Readiness()
    let seen = Lock<[Bool]>([])
    readiness.onChange { [weak readiness] in
      let ready = readiness?.isReady ?? false
      seen.withLock { $0.append(ready) }
    }
    let first = readiness.condition("first")
    let second = readiness.condition("second")
    first.met()
    second.met()
    second.met()
    first.unmet("why")
    second.unmet("why")
    #expect(seen.withLock { $0 } == [true, false])
  }

  @Test("a condition that is added late closes what was open")
  func lateCondition() {
    let readiness = Readiness()
    readiness.condition("first").met()
    let changes = Lock(0)
    readiness.onChange { changes.withLock { $0 += 1 } }
    _ = readiness.condition("second")
    #expect(!readiness.isReady)
    #expect(changes.withLock { $0 } == 1)
  }
}

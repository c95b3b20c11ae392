import Deliberation
import ModelCaller
import Models
import Testing

@Suite struct GateTests {
  private let start = Moment(milliseconds: 1_790_000_000_000)
  private let down = ProviderFailure(.upstreamError, status: 503, message: "", remedy: .later)
  private let tooMuch = ProviderFailure(.rateLimited, status: 429, message: "", remedy: .later)
  private let wrong = ProviderFailure(.invalidRequest, status: 400, message: "", remedy: .none)

  /// A gate whose last requests all failed so, one after the other.
  private func gate(after failure: ProviderFailure, _ count: Int, every: Int64 = 0, limit: Int = 100) -> Door {
    let gate = Door(Gate(limit: limit))
    for serial in 0..<count {
      let now = start + Int64(serial) * every
      #expect(gate.enter(serial, now: now))
      gate.leave(failure, now: now)
    }
    return gate
  }

  @Test func `a provider that is down is left alone, asked once, and open again after its first answer`() {
    let gate = gate(after: down, Gate.failuresToOpen)
    #expect(gate.isShut)
    #expect(!gate.enter(100, now: start))
    #expect(!gate.enter(101, now: start))
    #expect(gate.wake(now: start) == start + Gate.firstRest)
    let later = start + Gate.firstRest
    #expect(gate.next(now: later) == 100)
    #expect(gate.next(now: later) == nil)
    gate.leave(nil, now: later)
    #expect(!gate.isShut)
    #expect(gate.next(now: later) == 101)
  }

  @Test func `a provider that comes back is found within 30 s, however long it was down`() {
    let gate = gate(after: down, Gate.failuresToOpen)
    var now = start
    for serial in 0..<50 {
      _ = gate.enter(serial, now: now)
      let wake = gate.wake(now: now) ?? now
      #expect(wake - now <= 30_000)
      now = max(wake, now)
      #expect(gate.next(now: now) != nil)
      gate.leave(down, now: now)
    }
    #expect(now - start > 300_000)
  }

  @Test(arguments: [(1_100.0, 60), (100, 600), (10, 6_000)])
  func `tokens that an answer used beyond its question are paid back before the next goes in`(
    _ used: Double, _ allowed: Int
  ) {
    var gate = Gate(limit: 10_000, tokensPerMinute: 60_000)
    var entered = 0
    for millisecond in stride(from: Int64(0), through: 60_000, by: 10) {
      let now = start + millisecond
      func inside() {
        entered += 1
        gate.leave(nil, began: now, wasStopped: false, excess: used - 100, now: now)
      }
      // no more than some wait at a time
      for serial in 0..<max(0, 5 - gate.waiting) where gate.enter(serial, tokens: 100, now: now) { inside() }
      while gate.next(now: now, cost: { _ in 100 }) != nil { inside() }
    }
    // the burst of a tenth of a minute comes on top
    #expect(entered >= allowed * 9 / 10 && entered <= allowed * 12 / 10, "\(entered)")
  }

  @Test func `a 4xx of its own, a full door and a stop from here do not shut the door`() {
    #expect(!gate(after: wrong, 50).isShut)
    #expect(!gate(after: tooMuch, 50, every: Gate.refusedRest).isShut)
    let stopped = Door(Gate(limit: 10))
    for serial in 0..<50 {
      _ = stopped.enter(serial, now: start)
      stopped.leave(down, wasStopped: true, now: start)
    }
    #expect(!stopped.isShut)
    #expect(stopped.inUse == 0)
  }

  @Test func `failures among answers do not shut the door`() {
    let gate = Door(Gate(limit: 10))
    for serial in 0..<200 {
      _ = gate.enter(serial, now: start)
      gate.leave(serial % 2 == 0 ? down : nil, now: start)
    }
    #expect(!gate.isShut)
  }

  @Test func `the bound is cut by what is too much, and grows back with answers`() {
    let gate = Door(Gate(limit: 100))
    for serial in 0..<100 { _ = gate.enter(serial, now: start - 1_000) }
    while gate.next(now: start) != nil {}
    #expect(gate.inUse == 100)
    gate.leave(tooMuch, now: start)
    #expect(gate.width == 70)
    // complaints about what was sent before say nothing new
    for _ in 0..<50 { gate.leave(tooMuch, now: start + 10) }
    #expect(gate.width == 70)
    gate.leave(tooMuch, now: start + 2_000)
    #expect(gate.width < 40)
    for _ in 0..<48 { gate.leave(nil, now: start + 3_000) }
    for serial in 0..<3_000 {
      _ = gate.enter(serial, now: start + 4_000)
      gate.leave(nil, now: start + 4_000)
    }
    #expect(gate.width == 100)
  }

  @Test func `a storm of refusals that come at once gets fewer requests than there are calls, and loses none`() {
    var table = Table(inFlight: 2_000, room: 2_000)
    _ = table.assign()
    let begun = table.now
    var (refused, answered) = (0, 0)
    var under: [Attempt] = []
    for offset in 0..<1_000 { under += table.read(Int64(offset), "d\(offset)").attempts }
    while answered < 1_000, table.now - begun < 60_000 {
      var actions: [Action] = []
      for attempt in under {
        let isRefused = table.now - begun < 5_000
        actions += isRefused ? table.fail(attempt, tooMuch) : table.answer(attempt)
        if isRefused { refused += 1 } else { answered += 1 }
      }
      #expect(actions.outcomes.filter { !$0.isCompleted }.isEmpty)
      under = (actions + table.pass(5)).attempts
    }
    #expect(answered == 1_000)
    #expect(refused < 200, "\(refused)")
  }

  @Test func `each time that all are refused fewer are asked, as the bound does not grow while refused places rest`() {
    let gate = Door(Gate(limit: 1_000))
    for serial in 0..<1_000 { _ = gate.enter(serial, now: start) }
    var (now, asked) = (start, [gate.inUse])
    for _ in 0..<5 {
      for _ in 0..<gate.inUse { gate.leave(tooMuch, now: now) }
      #expect(gate.next(now: now + Gate.refusedRest - 1) == nil)
      now = now + Gate.refusedRest
      while gate.next(now: now) != nil {}
      asked.append(gate.inUse)
    }
    #expect(asked == [32, 22, 15, 10, 7, 4])
  }

  @Test func `the bound comes back by time where answers take long, slowly near what was too much`() {
    let gate = Door(Gate(limit: 10_000))
    var now = start
    for serial in 0..<20_000 { _ = gate.enter(serial, now: now) }
    while gate.inUse < 10_000, let wake = gate.wake(now: now) {
      now = wake
      while gate.next(now: now) != nil {}
    }
    gate.leave(tooMuch, now: now)
    #expect(gate.width == 7_000)
    // nobody comes out, and yet it opens: at what was too much after some twenty seconds
    for _ in 0..<25 {
      now = now + 1_000
      while gate.next(now: now) != nil {}
    }
    #expect(gate.width == 10_000 && gate.inUse == 10_000)
  }

  @Test func `a storm that came when few asked does not keep many out for long`() {
    let gate = Door(Gate(limit: 10_000))
    var now = start
    for serial in 0..<20_000 { _ = gate.enter(serial, now: now) }
    for _ in 0..<5 {
      for _ in 0..<gate.inUse { gate.leave(tooMuch, now: now) }
      now = now + 1_000
      while gate.next(now: now) != nil {}
    }
    #expect(gate.width < 32)
    let calm = now
    while gate.width < 10_000, now - calm < 60_000, let wake = gate.wake(now: now) {
      now = wake
      while gate.next(now: now) != nil {}
    }
    #expect(now - calm < 40_000)
  }

  @Test func `a provider with a bound of its own is met there, and seldom asked for more`() {
    let gate = Door(Gate(limit: 10_000))
    var now = start
    for serial in 0..<100_000 { _ = gate.enter(serial, now: now) }
    var (refused, answered) = (0, 0)
    // it takes a hundred at once, each for a second
    for step in 0..<1_200 {
      now = now + 100
      while gate.next(now: now) != nil {}
      while gate.inUse > 100 {
        gate.leave(tooMuch, now: now)
        refused += 1
      }
      for _ in 0..<(gate.inUse / 10) {
        gate.leave(nil, latency: 1_000, now: now)
        if step > 200 { answered += 1 }
      }
    }
    // of the 100 a second that it could answer
    #expect(answered > 6_000, "\(answered)")
    #expect(refused < answered / 10, "\(refused) of \(answered)")
  }

  @Test func `a provider of fast and slow models is not slow`() {
    var pulse = Pulse()
    for _ in 0..<50 {
      pulse.beat(300, of: "fast")
      pulse.beat(20_000, of: "slow")
    }
    #expect(pulse.holds)
    for _ in 0..<50 { pulse.beat(3_000, of: "fast") }
    #expect(!pulse.holds)
  }

  @Test func `no more go in a minute than the rate allows, and each process has its share of it`() {
    for (share, allowed) in [(1.0, 600), (0.5, 300)] {
      let gate = Door(Gate(limit: 10_000, requestsPerMinute: 600))
      gate.gate.share(share, now: start)
      var entered = 0
      for serial in 0..<2_000 where gate.enter(serial, now: start) {
        entered += 1
        gate.leave(nil, now: start)
      }
      for millisecond in stride(from: 0, through: 60_000, by: 50) {
        while gate.next(now: start + Int64(millisecond)) != nil {
          entered += 1
          gate.leave(nil, now: start)
        }
      }
      // the burst of a tenth of a minute comes on top
      #expect((allowed...(allowed * 11 / 10 + 1)).contains(entered))
    }
  }

  @Test func `a request larger than the bucket goes when it is full, and is paid back`() throws {
    var bucket = TokenBucket(perMinute: 600)
    let whole = bucket.holds(1_000, now: start)
    bucket.take(1_000, now: start)
    let ready = bucket.ready(1, now: start)
    let early = bucket.holds(1, now: start + 90_000)
    let late = bucket.holds(1, now: ready)
    #expect((whole, early, late) == (true, false, true))
    #expect((94_000...95_000).contains(ready - start))
  }

  @Test func `calls that wait for a rate are started by time alone`() {
    var table = Table(gate: Gate(limit: 100, requestsPerMinute: 60))
    _ = table.assign()
    var attempts: [Attempt] = []
    for offset in 0..<10 { attempts += table.read(Int64(offset), "d\(offset)").attempts }
    #expect(attempts.count == 6)
    attempts += table.pass(4_100).attempts
    #expect(attempts.count == 10)
    #expect(table.table.doors.map(\.waiting) == [0, 0])
  }

  @Test func `where a provider is down its calls go to the next in the list, without asking it`() throws {
    var table = Table(gate: gate(after: down, Gate.failuresToOpen).gate)
    _ = table.assign()
    let attempt = try #require(table.read(0, "d", model: "both").attempts.first)
    #expect(attempt.route.provider == "two")
    // one that has nowhere else to go waits for the door, and not for ever
    #expect(table.read(1, "e").attempts.isEmpty)
    let probe = try #require(table.pass(1_500).attempts.first)
    #expect(table.read(2, "f").attempts.isEmpty)
    #expect(table.fail(probe, down).isEmpty)
    var failures: [String] = []
    for _ in 0..<30 {
      let actions = table.pass(1_000)
      failures += actions.failures
      for attempt in actions.attempts { failures += table.fail(attempt, down).failures }
    }
    #expect(failures == ["upstream_error", "upstream_error"])
  }

  @Test func `a door opens step by step, so that a provider that is down gets fewer requests than there are calls`() {
    let gate = Door(Gate(limit: 10_000))
    var sent = 0
    var now = start
    for serial in 0..<1_000 where gate.enter(serial, now: now) { sent += 1 }
    #expect(sent == Int(Ramp.first))
    // ten seconds in which every request fails after 20 ms
    while now - start < 10_000 {
      now = now + 20
      for _ in 0..<gate.inUse { gate.leave(down, now: now) }
      while gate.next(now: now) != nil { sent += 1 }
    }
    #expect(gate.isShut)
    #expect(sent < 60)
    #expect(gate.gate.figures.openings == 1)
    #expect((2...5).contains(gate.gate.figures.probes))
  }

  @Test func `a door to a provider that answers late is wide open within two seconds`() {
    let gate = Door(Gate(limit: 10_000))
    var entered = 0
    for serial in 0..<10_000 where gate.enter(serial, now: start) { entered += 1 }
    var now = start
    while let wake = gate.wake(now: now), now - start < 3_000 {
      now = wake
      while gate.next(now: now) != nil { entered += 1 }
    }
    #expect(entered == 10_000)
    #expect(now - start <= 2_000)
  }

  @Test func `the bound grows back only while answers come as fast as usual`() {
    for (latency, grows) in [(Int64(100), true), (900, false)] {
      let gate = Door(Gate(limit: 100))
      for serial in 0..<200 {
        _ = gate.enter(serial, now: start)
        gate.leave(nil, latency: 100, now: start)
      }
      _ = gate.enter(200, now: start)
      gate.leave(tooMuch, now: start)
      let cut = gate.width
      for serial in 0..<50 {
        _ = gate.enter(serial, now: start)
        gate.leave(nil, latency: latency, now: start)
      }
      #expect((gate.width > cut + 5) == grows, "\(cut) became \(gate.width)")
    }
  }

  @Test func `what a provider says that is left of its rate is not passed, and comes back as it says`() {
    let gate = Door(Gate(limit: 100))
    for serial in 0..<10 { _ = gate.enter(serial, now: start) }
    // it has counted one of the ten: nine more will be taken off what it names
    gate.told(RateLimits(requests: .init(remaining: 12, whole: 4_000)), now: start)
    var entered = 0
    for serial in 10..<50 where gate.enter(serial, now: start) { entered += 1 }
    #expect(entered == 3)
    #expect(gate.wake(now: start) == start + 4_000)
    #expect(gate.next(now: start + 3_999) == nil)
    #expect(gate.next(now: start + 4_000) != nil)
  }

  @Test func `what is left grows back little by little where the provider names its limit`() {
    let gate = Door(Gate(limit: 100))
    _ = gate.enter(0, now: start)
    gate.told(RateLimits(requests: .init(limit: 60, remaining: 0, whole: 60_000)), now: start)
    #expect(!gate.enter(1, now: start))
    #expect(gate.wake(now: start) == start + 1_000)
    #expect(gate.next(now: start + 990) == nil)
    #expect(gate.next(now: start + 1_000) == 1)
  }

  @Test func `a process takes its share of what is left, and tokens count like requests`() {
    let gate = Door(Gate(limit: 100))
    gate.gate.share(0.25, now: start)
    _ = gate.enter(0, now: start)
    gate.told(
      RateLimits(requests: .init(remaining: 8, whole: 4_000), tokens: .init(remaining: 4_000, whole: 9_000)), now: start
    )
    var entered = 0
    for serial in 1..<9 where gate.gate.enter(serial, tokens: 900, now: start) { entered += 1 }
    #expect(entered == 1)
    #expect(gate.gate.next(now: start + 4_000) { _ in 900 } == nil)
    #expect(gate.gate.next(now: start + 9_000) { _ in 900 } != nil)
  }
}

import Deliberation
import ModelCaller
import Models
import Testing

/// When a door is shut, what opens it, and who waits before it.
@Suite struct CircuitTests {
  private let start = Moment(milliseconds: 1_790_000_000_000)
  private let down = ProviderFailure(.upstreamError, status: 503, message: "", remedy: .later)
  private let silent = ProviderFailure(.timeout, message: "", remedy: .later, stayedSilent: true)

  /// A gate whose last requests all failed so, one after the other.
  private func gate(after failure: ProviderFailure, _ count: Int, every: Int64 = 0, limit: Int = 100) -> Door {
    let gate = Door(Gate(limit: limit))
    for serial in 0..<count {
      let now = start + Int64(serial) * every
      if gate.enter(serial, now: now) || gate.next(now: now) != nil { gate.leave(failure, now: now) }
    }
    return gate
  }

  /// A hundred under way since long ago, of which eighteen fail now: the door is shut, and after a second a probe goes in.
  private func probing() -> (Door, Moment) {
    let gate = Door(Gate(limit: 100))
    for serial in 0..<100 { _ = gate.enter(serial, now: start - 61_000) }
    while gate.next(now: start - 60_000) != nil {}
    #expect(gate.inUse == 100)
    for _ in 0..<Gate.failuresToOpen { gate.leave(silent, now: start) }
    #expect(!gate.enter(200, now: start))
    #expect(!gate.enter(201, now: start))
    let later = start + Gate.firstRest
    #expect(gate.next(now: later) == 200)
    return (gate, later)
  }

  @Test func `what was under way before decides nothing about the probe, and nothing after it`() {
    let (gate, later) = probing()
    for _ in 0..<20 { gate.leave(silent, now: later) }
    #expect(gate.isProbing)
    gate.leave(nil, latest: true, now: later + 100)
    #expect(!gate.isShut)
    for _ in 0..<62 { gate.leave(silent, now: later + 200) }
    #expect(!gate.isShut)
    #expect(gate.inUse == 0)
    // and those that began after it count again
    #expect(gate.next(now: later + 300) == 201)
    gate.leave(nil, latest: true, now: later + 400)
    for serial in 300..<320 where gate.enter(serial, now: later + 10_000) {
      gate.leave(silent, latest: true, now: later + 10_000)
    }
    #expect(gate.isShut)
  }

  @Test func `a stop of something old keeps the probe, and a stopped probe lets the next one in`() {
    let (gate, later) = probing()
    gate.leave(silent, wasStopped: true, now: later)
    #expect(gate.next(now: later) == nil)
    gate.leave(silent, latest: true, wasStopped: true, now: later)
    #expect(gate.next(now: later) == 201)
  }

  @Test func `the head of an answer opens the door, and the outage is over when one is whole`() {
    let (gate, later) = probing()
    gate.answered(now: later + 50)
    #expect(!gate.isShut)
    #expect(gate.next(now: later + 50) == nil)
    while gate.inUse > 0 { gate.leave(silent, now: later + 50) }
    #expect(gate.next(now: later + 50) == 201)
    let now = later + 10_000
    let broken = ProviderFailure(.upstreamError, status: 200, message: "", remedy: .later, brokeOff: true)
    for serial in 300..<330 where gate.enter(serial, now: now) { gate.leave(broken, latest: true, now: now) }
    // still the same outage, so the pause is longer
    #expect(gate.isShut)
    #expect(gate.gate.figures.openings == 1)
    #expect(gate.wake(now: now) == now + 2 * Gate.firstRest)
    #expect(gate.next(now: now + 2 * Gate.firstRest) != nil)
    gate.leave(nil, latest: true, now: now + 2 * Gate.firstRest)
    #expect(!gate.isShut)
  }

  @Test func `an answer to what began before others failed opens nothing, one to what began after them does`() {
    let gate = Door(Gate(limit: 100))
    _ = gate.enter(0, now: start - 5_000)
    for serial in 1..<20 { _ = gate.enter(serial, now: start - 1_000) }
    for _ in 0..<Gate.failuresToOpen { gate.leave(silent, latest: true, now: start) }
    #expect(gate.isShut)
    gate.leave(nil, now: start + 10)
    #expect(gate.isShut)
    gate.gate.leave(nil, began: start - 900, wasStopped: false, now: start + 20)
    #expect(!gate.isShut)
  }

  @Test func `a probe of which nothing is heard keeps no other from going in`() {
    let (gate, later) = probing()
    #expect(gate.wake(now: later) == later + Gate.longestRest)
    #expect(gate.next(now: later + Gate.longestRest - 1) == nil)
    #expect(gate.next(now: later + Gate.longestRest) == 201)
    // what the first one ends in is of before
    gate.gate.leave(silent, began: later, wasStopped: false, now: later + 20_000)
    #expect(gate.isProbing)
    gate.leave(nil, latest: true, now: later + 20_100)
    #expect(!gate.isShut)
  }

  @Test(
    arguments: [
      (FailureReason.upstreamError, 500, false, true), (.upstreamError, 529, false, true), (.timeout, 504, false, true),
      (.upstreamError, nil, false, true), (.timeout, nil, false, true),
      (.timeout, 200, true, true), (.upstreamError, 200, true, true),
      (.upstreamError, 200, false, false), (.timeout, 200, false, false), (.timeout, 408, false, false),
      (.upstreamError, 409, false, false), (.upstreamError, 401, true, false), (.rateLimited, 429, false, false),
      (.invalidRequest, 400, false, false), (.overBudget, nil, false, false), (.tooLarge, 200, false, false),
    ] as [(FailureReason, Int?, Bool, Bool)])
  func `what shuts the door is silence, a broken connection and an error of the provider's own`(
    _ reason: FailureReason, _ status: Int?, _ brokeOff: Bool, _ shuts: Bool
  ) {
    let failure = ProviderFailure(reason, status: status, message: "", remedy: .later, brokeOff: brokeOff)
    #expect(gate(after: failure, 50, every: Gate.refusedRest).isShut == shuts)
  }

  @Test(arguments: [(9_000, true), (12_000, false)] as [(Int64, Bool)])
  func `a call's own deadline speaks of its provider only where that had long enough to begin`(
    _ time: Int64, _ isOpen: Bool
  ) {
    var table = Table()
    _ = table.assign()
    var attempts: [Attempt] = []
    for offset in 0..<Int64(Gate.failuresToOpen) {
      attempts += table.read(Table.record(offset, "d\(offset)", deadline: table.now + time)).attempts
    }
    #expect(attempts.count == Gate.failuresToOpen)
    _ = table.pass(time + 10)
    for attempt in attempts { #expect(table.fail(attempt, .cancelled("stopped")).failures == ["timeout"]) }
    #expect(table.table.doors.first?.isOpen == isOpen)
  }

  @Test func `who waits for a door goes on waiting while a probe's answer takes its time`() throws {
    var table = Table(gate: gate(after: down, Gate.failuresToOpen).gate)
    _ = table.assign()
    _ = table.read(0, "d")
    #expect(table.read(1, "e").isEmpty)
    let probe = try #require(table.pass(1_500).attempts.first)
    #expect(probe.isProbe)
    // nothing is known of it yet for almost as long as another one would wait
    #expect(table.pass(14_000).attempts.isEmpty)
    table.table.answered(serial: probe.serial, number: probe.number, now: table.now)
    let opened = table.table.take() + table.pass(100)
    #expect(opened.attempts.map(\.isProbe) == [false])
    #expect(table.answer(probe).outcomes.map(\.isCompleted) == [true])
  }

  @Test func `who has waited for long still waits for what comes of a probe`() throws {
    var table = Table(gate: gate(after: down, Gate.failuresToOpen).gate)
    _ = table.assign()
    for offset in 0..<6 { _ = table.read(Int64(offset), "d\(offset)") }
    var failures: [String] = []
    // probes after one, three and seven seconds fail, that after fifteen takes long
    for pause in [1_000, 2_000, 4_000, 8_000] as [Int64] {
      let actions = table.pass(pause)
      failures += actions.failures
      let probe = try #require(actions.attempts.first)
      if pause < 8_000 { failures += table.fail(probe, down).failures } else { failures += table.pass(14_000).failures }
    }
    #expect(failures.isEmpty)
  }
}

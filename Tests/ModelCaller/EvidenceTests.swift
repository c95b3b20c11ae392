import Deliberation
import ModelCaller
import Models
import Testing

/// What tells a provider that is down from one that fails now and then, where answers take long and refusals do not.
@Suite struct EvidenceTests {
  private let start = Moment(milliseconds: 1_790_000_000_000)
  private let down = ProviderFailure(.upstreamError, status: 503, message: "", remedy: .later)

  /// A thousand under way for twenty seconds.
  private func busy() -> Door {
    let gate = Door(Gate(limit: 10_000))
    var now = start - 20_000
    for serial in 0..<1_000 { _ = gate.enter(serial, now: now) }
    while gate.inUse < 1_000, let wake = gate.wake(now: now) {
      now = wake
      while gate.next(now: now) != nil {}
    }
    return gate
  }

  @Test func `a provider that refuses all that is new is down, though answers to what began before still come`() {
    let gate = busy()
    var now = start
    var sent = 0
    for step in 0..<200 {
      now = start + Int64(step) * 5
      gate.leave(nil, latency: 20_000, now: now)
      guard gate.enter(1_000 + step, now: now) else { continue }
      sent += 1
      gate.leave(down, latest: true, now: now)
    }
    #expect(gate.isShut)
    #expect(sent < 2 * Gate.failuresToOpen, "\(sent)")
  }

  @Test func `many that come at once do not all ask a provider that refuses them, though answers to others still come`()
  {
    let gate = busy()
    var now = start
    var (sent, refused) = (0, 0)
    for millisecond in 0..<100 {
      now = start + Int64(millisecond)
      gate.leave(nil, latency: 20_000, now: now)
      for number in 0..<4 where gate.enter(1_000 + 4 * millisecond + number, now: now) { sent += 1 }
      // each is refused after ten
      while refused < sent, millisecond >= 10, refused < 4 * (millisecond - 9) {
        gate.gate.leave(down, began: start + Int64(refused / 4), wasStopped: false, now: now)
        refused += 1
      }
    }
    #expect(gate.isShut)
    #expect(sent < 80, "\(sent)")
  }

  @Test func `a provider that refuses one in two at once, and takes its time for the others, is not down`() {
    let gate = busy()
    var now = start
    for step in 0..<500 {
      now = start + Int64(step) * 5
      gate.leave(nil, latency: 20_000, now: now)
      #expect(gate.enter(2_000 + step, now: now))
      if step % 2 == 0 { gate.leave(down, latest: true, now: now) }
    }
    #expect(!gate.isShut)
  }

  @Test func `a provider that breaks one in ten off before the others are done is not down`() {
    let gate = Door(Gate(limit: 100_000))
    // a thousand a second: most are answered after twenty seconds, the others fail after fifteen
    let second = 1_000
    for millisecond in 0..<(30 * second) {
      let now = start + Int64(millisecond)
      _ = gate.enter(millisecond, now: now)
      let (answered, failed) = (millisecond - 20 * second, millisecond - 15 * second)
      if answered >= 0, answered % 10 != 0 {
        gate.gate.leave(nil, began: start + Int64(answered), wasStopped: false, now: now)
      }
      // before there are answers nobody could know
      if failed >= 6 * second, failed % 10 == 0 {
        gate.gate.leave(down, began: start + Int64(failed), wasStopped: false, now: now)
      }
    }
    #expect(!gate.isShut)
  }
}

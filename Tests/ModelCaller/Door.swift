import Deliberation
import ModelCaller
import Models

/// A gate by reference, as an expectation cannot change a value.
final class Door {
  var gate: Gate
  /// When those began that are inside, in that order.
  private var begun: [Moment] = []

  init(_ gate: Gate) { self.gate = gate }

  var isShut: Bool { gate.isShut }
  var width: Int { gate.width }
  var inUse: Int { gate.inUse }
  var isProbing: Bool { gate.isProbing }
  func enter(_ serial: Int, now: Moment) -> Bool {
    let isIn = gate.enter(serial, now: now)
    if isIn { begun.append(now) }
    return isIn
  }
  func next(now: Moment) -> Int? {
    let serial = gate.next(now: now) { _ in 0 }
    if serial != nil { begun.append(now) }
    return serial
  }
  func wake(now: Moment) -> Moment? { gate.wake(now: now) }
  /// The one that has been inside the longest goes, or the one that has been the shortest.
  func leave(
    _ failure: ProviderFailure?, latest: Bool = false, wasStopped: Bool = false, latency: Int64? = nil, now: Moment
  ) {
    let began = (latest ? begun.popLast() : begun.isEmpty ? nil : begun.removeFirst()) ?? now
    gate.leave(failure, began: began, wasStopped: wasStopped, latency: latency, now: now)
  }
  /// The head of an answer to the latest comes.
  func answered(now: Moment) { gate.answered(begun.last ?? now, now: now) }
  func told(_ limits: RateLimits, now: Moment) { gate.told(limits, now: now) }
}

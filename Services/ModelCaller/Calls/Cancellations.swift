internal import Deliberation

/// Which calls nobody wants any more, also those whose command has not come yet. Remembered for as long as a call may
/// still have time, and no more than a bound of them.
struct Cancellations: Sendable {
  private enum Extent: Sendable {
    case all
    case calls(Set<String>)
  }

  private var extents: [String: Extent] = [:]
  private var order = Queue<(time: Moment, deliberation: String)>()
  private let limit: Int
  private let lifetime: Int64

  init(limit: Int, lifetime: Int64) {
    self.limit = limit
    self.lifetime = lifetime
  }

  var count: Int { extents.count }

  mutating func remember(_ deliberation: String, _ calls: [String]?, now: Moment) {
    switch (extents[deliberation], calls) {
    case (.all?, _): break
    case (.calls(let known)?, let calls?): extents[deliberation] = .calls(known.union(calls))
    case (.calls?, nil): extents[deliberation] = .all
    case (nil, let calls):
      extents[deliberation] = calls.map { .calls(Set($0)) } ?? .all
      order.append((now, deliberation))
    }
    forget(now)
  }

  func contains(_ call: CallID) -> Bool {
    switch extents[call.deliberation] {
    case nil: false
    case .all?: true
    case .calls(let calls)?: calls.contains(call.text)
    }
  }

  private mutating func forget(_ now: Moment) {
    while let first = order.first, extents.count > limit || now - first.time > lifetime {
      extents[first.deliberation] = nil
      _ = order.popFirst()
    }
  }
}

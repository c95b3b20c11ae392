internal import Deliberation
internal import Folding

/// Learns from the ledger, once a gateway begins, what this day has cost those whose keys are limited. The ledger knows
/// tenants: each key of one begins with what all of them have cost.
final class Bill: Sendable {
  private let task: Task<Void, Never>?

  init(_ entrance: Entrance, _ ledger: LedgerClient?, clock: @escaping @Sendable () -> Int64 = WallClock.now) {
    guard let ledger, !entrance.limited.isEmpty else {
      task = nil
      return
    }
    task = Task.detached {
      for tenant in entrance.limited.sorted() {
        while !Task.isCancelled {
          if let cost = await Self.cost(tenant, ledger, now: clock()) {
            entrance.learn([tenant: cost], now: clock())
            break
          }
          try? await Task.sleep(for: .seconds(1))
        }
      }
    }
  }

  func stop() { task?.cancel() }

  /// Nil while the ledger does not say.
  private static func cost(_ tenant: String, _ ledger: LedgerClient, now: Int64) async -> Double? {
    let day = String(Moment(milliseconds: now).rfc3339.prefix(10))
    guard case .found(let json) = await ledger.costs(tenant, since: day), let days = json["days"]?.array else {
      return nil
    }
    return days.reduce(0) { sum, row in
      guard row["day"]?.string == day else { return sum }
      return sum + (row["cost"]?.number ?? 0) + (row["cost_repeated"]?.number ?? 0)
    }
  }
}

internal import Deliberation
internal import Folding

/// Learns from the ledger, once a gateway begins, what this day has cost those keys that are limited.
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
          if let costs = await Self.costs(tenant, ledger, now: clock()) {
            entrance.learn(costs, of: tenant, now: clock())
            break
          }
          try? await Task.sleep(for: .seconds(1))
        }
      }
    }
  }

  func stop() { task?.cancel() }

  /// By the marks of a tenant's keys; nil while the ledger does not say.
  private static func costs(_ tenant: String, _ ledger: LedgerClient, now: Int64) async -> [String: Double]? {
    let day = String(Moment(milliseconds: now).rfc3339.prefix(10))
    guard case .found(let json) = await ledger.costs(tenant, since: day), let days = json["days"]?.array else {
      return nil
    }
    return days.reduce(into: [:]) { sums, row in
      guard row["day"]?.string == day, let key = row["key"]?.string else { return }
      sums[key, default: 0] += (row["cost"]?.number ?? 0) + (row["cost_repeated"]?.number ?? 0)
    }
  }
}

internal import Deliberation

/// Behaviour that was set from outside for a while: the outage in the middle of a test.
struct Overrides {
  struct Override: Sendable {
    let match: String
    let wishes: [ModelName.Wish]
    /// On the clock of `Alarms`.
    let ends: Int64
  }

  enum Change: Sendable {
    case clear
    case add(match: String, wishes: [ModelName.Wish], milliseconds: Int64)
  }

  struct Malformed: Error, CustomStringConvertible { let description: String }

  private static let most = 1000
  private var overrides: [Override] = []

  /// `{"match": "openai/", "behaviour": "status-503+latency-20", "for_ms": 10000}` or `{"clear": true}`.
  static func change(_ body: JSON) throws(Malformed) -> Change {
    if body["clear"]?.bool == true { return .clear }
    guard let behaviour = body["behaviour"]?.string, let milliseconds = body["for_ms"]?.int, milliseconds > 0 else {
      throw Malformed(description: "write {\"match\": …, \"behaviour\": …, \"for_ms\": …} or {\"clear\": true}")
    }
    do throws(ModelName.UnknownPart) {
      return .add(
        match: body["match"]?.string ?? "", wishes: try ModelName.wishes(behaviour[...]),
        milliseconds: min(milliseconds, 86_400_000))
    } catch {
      throw Malformed(description: error.description)
    }
  }

  mutating func apply(_ change: Change, now: Int64) {
    overrides.removeAll { $0.ends <= now }
    switch change {
    case .clear: overrides = []
    case .add(let match, let wishes, let milliseconds):
      guard overrides.count < Overrides.most else { return }
      overrides.append(Override(match: match, wishes: wishes, ends: now + milliseconds * 1_000_000))
    }
  }

  func wishes(for model: String, now: Int64) -> [ModelName.Wish] {
    guard !overrides.isEmpty else { return [] }
    return overrides.filter { $0.ends > now && ($0.match.isEmpty || model.contains($0.match)) }.flatMap(\.wishes)
  }
}

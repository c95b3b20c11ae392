internal import Deliberation
internal import Threads

/// The deliberations that were asked for here lately: what this gateway knows of them by itself. Bounded; the ledger has
/// them all.
final class Recollection: Sendable {
  struct Entry: Sendable {
    let tenant: String
    /// The id of the ask that began it here.
    let ask: String
    let form: Form
    let bodyHash: String
    let isStreamed: Bool
    let asked: Int64
    /// How many sit on its panel.
    var members = 0
    var steps: [Reply.Step] = []
    var result: (code: Int, body: JSON)?
    var ended: Int64?
    var bytes = 500

    /// As `GET /v1/deliberations/{id}` says it.
    var status: String {
      guard let (code, body) = result else { return "open" }
      switch code {
      case 200: return "completed"
      case 499: return "cancelled"
      default:
        // what was refused was never run, so it has no reason to have failed
        let isRun = body["error"]?["metadata"]?["failure_reason"] != nil || body["object"]?.string == "response"
        return isRun ? "failed" : "rejected"
      }
    }
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var order: [String] = []
    var bytes = 0
  }

  private let state = Lock(State())
  private let entries: Int
  private let bytes: Int

  init(entries: Int = 2_000, bytes: Int = 16_000_000) {
    self.entries = entries
    self.bytes = bytes
  }

  subscript(deliberation: String) -> Entry? { state.withLock { $0.entries[deliberation] } }

  /// An ask went out. One that joins another changes nothing.
  func begin(_ deliberation: String, _ entry: Entry) {
    let old = state.withLock { state -> [Entry] in
      guard state.entries[deliberation] == nil else { return [] }
      state.entries[deliberation] = entry
      state.order.append(deliberation)
      state.bytes += entry.bytes
      return evict(&state)
    }
    _ = old
  }

  /// It never reached the bus.
  func drop(_ deliberation: String) {
    let entry = state.withLock { state in
      let entry = state.entries.removeValue(forKey: deliberation)
      state.bytes -= entry?.bytes ?? 0
      if entry != nil { state.order.removeAll { $0 == deliberation } }
      return entry
    }
    _ = entry
  }

  /// An ask was refused under the id of another. What is remembered of the deliberation is then that of someone else
  /// who waits for it here, or nothing.
  func refused(_ deliberation: String, ask: String, heir: Entry?) {
    guard self[deliberation]?.ask == ask else { return }
    drop(deliberation)
    if let heir { begin(deliberation, heir) }
  }

  func step(_ step: Reply.Step) {
    change(step.deliberation) { entry in
      guard entry.result == nil, !entry.steps.contains(where: { $0.event == step.event }) else { return }
      entry.steps.append(step)
      entry.bytes += 300 + step.data.bytes.count
    }
  }

  func result(_ deliberation: String, _ code: Int, _ body: JSON, now: Int64) {
    change(deliberation) { entry in
      guard entry.result == nil else { return }
      entry.result = (code, body)
      entry.ended = now
      entry.bytes += body.bytes.count
    }
  }

  private func change(_ deliberation: String, _ body: (inout Entry) -> Void) {
    let old = state.withLock { state -> [Entry] in
      // taken out, so that it is not copied while it is changed
      guard var entry = state.entries.removeValue(forKey: deliberation) else { return [] }
      state.bytes -= entry.bytes
      body(&entry)
      state.bytes += entry.bytes
      state.entries[deliberation] = entry
      return evict(&state)
    }
    _ = old
  }

  /// The oldest go, and are freed by the caller, outside of the lock.
  private func evict(_ state: inout State) -> [Entry] {
    var old: [Entry] = []
    var count = 0
    while state.order.count - count > 1, state.order.count - count > entries || state.bytes > bytes {
      if let entry = state.entries.removeValue(forKey: state.order[count]) {
        state.bytes -= entry.bytes
        old.append(entry)
      }
      count += 1
    }
    if count > 0 { state.order.removeFirst(count) }
    return old
  }
}

internal import Deliberation

/// A panel as a client of Responses watches it: who sits, what each has said, what was found.
struct PanelProgress: Sendable {
  enum Event: Equatable, Sendable {
    case told(String, JSONObject)
    /// The answer is being written: the fusion is complete.
    case over
  }

  private var holders: [Int: String]
  private var pieces: [CallID: Pieces] = [:]
  private var answers: [Int: (model: String, content: String)] = [:]
  private var failures: [Int: JSONObject] = [:]
  private var analysis: JSON?
  private var degraded: JSON?
  /// What the whole item has beside that, once the answer is asked for.
  private var rest: JSON?
  private var hasSat = false

  /// The models of the panel as they were asked for.
  init(asked: [String]) {
    holders = Dictionary(uniqueKeysWithValues: asked.enumerated().map { ($0, $1) })
  }

  /// Whose piece it is, and what of its text is new.
  mutating func add(_ delta: Reply.Delta) -> (model: String, new: String?)? {
    guard let member = delta.call.member, let model = holders[member] else { return nil }
    var own = pieces[delta.call] ?? Pieces(execution: delta.execution)
    defer { pieces[delta.call] = own }
    guard own.execution == delta.execution else { return nil }
    let new = delta.text.isEmpty ? nil : own.add(delta)
    return new == nil && delta.reasoning.isEmpty ? nil : (model, new)
  }

  /// Nil where a step is none of a panel's.
  mutating func step(_ step: Reply.Step) -> [Event]? {
    let data = step.data
    let index = Int(data["index"]?.int ?? 0)
    let model = data["model"]?.string ?? ""
    switch step.name {
    case "panel.dispatched":
      hasSat = true
      guard data["round"]?.int == 0 else { return [] }
      for member in data["members"]?.array ?? [] {
        if let place = member["index"]?.int, let name = member["model"]?.string { holders[Int(place)] = name }
      }
      return (data["members"]?.array ?? []).map { .told("panel.added", ["model": $0["model"] ?? ""]) }
    case "member.replaced":
      holders[index] = model
      return [.told("panel.added", ["model": .string(model)])]
    case "call.completed":
      hasSat = true
      answers[index] = (model, data["content"]?.string ?? "")
      failures[index] = nil
      return [.told("panel.completed", ["model": .string(model), "content": data["content"] ?? ""])]
    case "call.failed":
      hasSat = true
      var failure: JSONObject = ["model": .string(model), "error": data["error"] ?? ""]
      failure.append("status_code", ifPresent: data["status_code"])
      failures[index] = failure
      return [.told("panel.failed", failure)]
    case "call.requested":
      rest = data["fusion"] ?? rest
      return requested(data["purpose"]?.string, model)
    case "analysis.completed":
      analysis = data["analysis"]
      return analysis.map { [.told("analysis.completed", ["analysis": $0])] } ?? []
    case "analysis.degraded":
      degraded = data["reason"]
      return []
    default: return nil
    }
  }

  private func requested(_ purpose: String?, _ model: String) -> [Event]? {
    switch purpose {
    // the judge's newer name beside its older
    case "judge":
      [.told("analysis.in_progress", ["analyst_model": .string(model), "judge_model": .string(model)])]
    case "answer" where hasSat: [.over]
    default: nil
    }
  }

  /// The output item as far as it is known; nothing in it is null.
  func item(id: String) -> JSON {
    var item: JSONObject = ["id": .string(id), "type": "openrouter:fusion"]
    item.append("status", answers.isEmpty ? "incomplete" : "completed")
    item.append("analysis", ifPresent: analysis)
    let said = answers.sorted { $0.key < $1.key }.map { $0.value }
    item.append(
      "responses", .array(said.map { ["model": .string($0.model), "content": .string($0.content)] }))
    let silent = failures.filter { answers[$0.key] == nil }.sorted { $0.key < $1.key }
    item.append("failed_models", rest?["failed_models"] ?? .array(silent.map { .object($0.value) }))
    for name in ["sources", "error"] { item.append(name, ifPresent: rest?[name]) }
    item.append("failure_reason", ifPresent: rest?["failure_reason"] ?? degraded)
    return .object(item)
  }
}

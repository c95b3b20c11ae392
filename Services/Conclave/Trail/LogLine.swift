internal import Deliberation

/// An event on one line: when, which deliberation, what, and what matters about it.
struct LogLine: Sendable {
  let paint: Paint

  /// The type without what every type has.
  static func name(_ event: JSON) -> String {
    let type = event["type"]?.string ?? ""
    guard type.hasPrefix("conclave."), let dot = type.lastIndex(of: ".") else { return type }
    return String(type[..<dot].dropFirst("conclave.".count))
  }

  func text(_ event: JSON, withDeliberation: Bool = true) -> String {
    let name = Self.name(event)
    var parts = [
      paint(.dim, String((event["time"]?.string ?? event["at"]?.string ?? "").dropFirst(11).prefix(12))),
      withDeliberation ? paint(.dim, event["deliberation"]?.string ?? "-") : nil,
      paint(Self.colour(name), Paint.padded(name.isEmpty ? "?" : name, 28)),
    ].compactMap(\.self)
    let detail = Self.detail(name, event["data"] ?? .null)
    if !detail.isEmpty { parts.append(Paint.line(detail)) }
    switch event["standing"]?.string {
    case "repeat"?: parts.append(paint(.dim, "(repeat)"))
    case "changed"?: parts.append(paint(.yellow, "(again, with another content)"))
    case "unreadable"?: parts.append(paint(.red, "(unreadable: \(Paint.line(event["why"]?.string ?? "")))"))
    default: break
    }
    if event["erased"]?.bool == true { parts.append(paint(.dim, "(erased)")) }
    return parts.joined(separator: "  ")
  }

  static func colour(_ name: String) -> Paint.Colour {
    switch name {
    case "deliberation.completed", "call.completed": .green
    case "deliberation.failed", "deliberation.rejected", "call.failed", "analysis.degraded": .red
    case "deliberation.cancelled", "deliberation.cancel_requested", "member.replaced": .yellow
    case "panel.assembled", "panel.dispatched": .cyan
    case "analysis.completed": .magenta
    default: .blue
    }
  }

  static func detail(_ name: String, _ data: JSON) -> String {
    func local(_ key: String) -> String {
      (data[key]?.string ?? "").split(separator: "/").suffix(4).joined(separator: "/")
    }
    func text(_ key: String) -> String { data[key]?.string ?? "" }
    func cost() -> String { data["cost"]?.number.map { "$" + AskAnswer.dollars($0) } ?? "" }
    let parts: [String]
    switch name {
    case "deliberation.requested":
      let panel = (data["panel"]?.array ?? []).compactMap { $0["model_asked"]?.string }
      parts = [
        text("tenant"), text("mode"),
        panel.isEmpty ? data["request"]?["model"]?.string ?? "" : panel.joined(separator: ", "),
      ]
    case "deliberation.rejected": parts = ["\(data["code"]?.int ?? 0)", text("message")]
    case "panel.dispatched":
      parts = [
        "round \(data["round"]?.int ?? 0)",
        (data["members"]?.array ?? []).compactMap { $0["model_asked"]?.string }.joined(separator: ", "),
      ]
    case "member.replaced": parts = ["member \(data["index"]?.int ?? 0)", text("model_asked")]
    case "call.requested": parts = [local("call"), text("model")]
    case "call.completed":
      let took = span(data).map { "\($0) ms" } ?? ""
      parts = [local("call"), text("model"), took, cost(), data["cached"]?.bool == true ? "cached" : ""]
    case "call.failed": parts = [local("call"), text("model_asked"), text("reason"), text("message")]
    case "panel.assembled":
      func count(_ key: String) -> Int { data[key]?.array?.count ?? 0 }
      parts = [
        text("sealed"), "\(count("answered")) answered, \(count("failed")) failed, \(count("abandoned")) abandoned",
      ]
    case "analysis.completed":
      func count(_ key: String) -> Int { data["analysis"]?[key]?.array?.count ?? 0 }
      parts = [
        "\(count("consensus")) consensus, \(count("contradictions")) contradictions",
        "\(data["evidence_verified"]?.int ?? 0) of \(data["evidence_total"]?.int ?? 0) quotes found",
      ]
    case "analysis.degraded": parts = [text("reason"), text("message")]
    case "decision.made": parts = [text("outcome")]
    case "deliberation.completed": parts = [text("model"), cost(), "\(data["duration_ms"]?.int ?? 0) ms"]
    case "deliberation.failed": parts = [text("failure_reason"), text("message")]
    case "deliberation.cancelled", "deliberation.cancel_requested", "deliberation.forgotten":
      parts = ["by \(text("by"))"]
    case "deliberation.settled": parts = [cost()]
    default: parts = []
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "  ")
  }

  /// How long a call took, in milliseconds.
  static func span(_ data: JSON) -> Int64? {
    guard let started = data["started"]?.string.flatMap({ Moment(rfc3339: $0) }),
      let finished = data["finished"]?.string.flatMap({ Moment(rfc3339: $0) })
    else { return nil }
    return max(0, finished - started)
  }
}

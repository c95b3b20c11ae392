internal import Deliberation

/// A deliberation on a page.
struct ShowPage {
  static let barWidth: Int64 = 40
  /// Of an answer that is not shown whole.
  static let beginning = 400

  let story: Story
  let paint: Paint
  let isFull: Bool

  init(_ timeline: JSON, paint: Paint, isFull: Bool = false) {
    story = Story(timeline)
    self.paint = paint
    self.isFull = isFull
  }

  var lines: [String] {
    var lines = head
    func add(_ title: String, _ part: [String]) {
      guard !part.isEmpty else { return }
      lines += ["", paint(.bold, title)] + part
    }
    add("time line", bars)
    add("who said what", said)
    for (number, analysis) in story.analyses.enumerated() {
      add(story.analyses.count > 1 ? "analysis \(number)" : "analysis", compared(analysis))
    }
    add("answer", story.answer.map { indented($0) } ?? [])
    add("way through the log", way)
    return lines
  }

  private var head: [String] {
    let told = story.summary
    func text(_ key: String) -> String? { told[key]?.string }
    var lines = [paint(.bold, story.id) + "  " + state]
    if let question = text("question") { lines.append("  asked      " + Paint.line(question)) }
    let by = [text("tenant"), text("key").map { "key \($0)" }, text("form"), text("asked")].compactMap(\.self)
    lines.append("  by         " + by.joined(separator: ", "))
    if let mode = text("mode") {
      let sealed = text("sealed").map { ", sealed \($0)" } ?? ""
      lines.append("  mode       \(mode)\(sealed)" + (text("decision").map { ", the model chose: \($0)" } ?? ""))
    }
    if let judge = text("judge") { lines.append("  judge      \(judge)") }
    if let answerer = text("answer_model") ?? text("answerer") { lines.append("  answered   \(answerer)") }
    if let failure = text("failure_reason") { lines.append("  failure    " + paint(.red, Paint.line(failure))) }
    if let replays = text("replays") { lines.append("  replays    \(replays)") }
    if let cost = told["cost"]?.number {
      let final = told["cost_final"]?.bool == false ? " so far" : ""
      let again = told["cost_repeated"]?.number.map { ", and $\(AskAnswer.dollars($0)) for calls made twice" } ?? ""
      lines.append("  cost       $\(AskAnswer.dollars(cost))\(final), \(told["calls"]?.int ?? 0) calls\(again)")
    }
    if let spent = told["duration_ms"]?.int { lines.append("  took       \(spent) ms") }
    if let digest = text("digest") {
      lines.append("  digest     \(digest) over \(told["digest_events"]?.int ?? 0) events")
    }
    if let trace = text("trace") { lines.append("  trace      \(trace)") }
    if told["forgotten"] != nil { lines.append("  " + paint(.yellow, "its words were erased on request")) }
    return lines
  }

  private var state: String {
    switch story.summary["status"]?.string {
    case "completed"?: paint(.green, "completed")
    case "open"?: paint(.yellow, story.summary["waiting"]?.bool == true ? "open, nobody has taken it yet" : "open")
    case let other?: paint(.red, other)
    case nil: "?"
    }
  }

  /// A bar for each call, from when it was made to when it was over; where there is no terminal, when it was made.
  private var bars: [String] {
    guard let begin = story.begin else { return [] }
    let whole = max(1, story.end - begin)
    let name = story.calls.map { $0.label.count }.max() ?? 0
    let model = story.calls.map { $0.model.count }.max() ?? 0
    return story.calls.map { call in
      let from = max(0, (call.begin ?? begin) - begin)
      let head = "  \(Paint.padded(call.label, name))  \(Paint.padded(call.model, model))"
      guard paint.isOn else { return "\(head)  after \(from) ms  \(call.note)" }
      let to = max(from, (call.finish ?? story.end) - begin)
      let start = min(Self.barWidth - 1, from * Self.barWidth / whole)
      let length = max(1, min(Self.barWidth - start, (to - from) * Self.barWidth / whole))
      let bar = String(repeating: "━", count: Int(length))
      let line =
        String(repeating: " ", count: Int(start)) + paint(call.colour, bar)
        + String(repeating: " ", count: Int(Self.barWidth - start - length))
      return "\(head)  \(line)  \(call.note)"
    }
  }

  private var said: [String] {
    story.members.flatMap { member -> [String] in
      let title = "  [\(member.index)] \(paint(.cyan, member.model))"
      guard let content = member.content else {
        return [title + "  " + paint(.red, Paint.line(member.why ?? "said nothing"))]
      }
      return [title] + indented(content, "      ")
    }
  }

  private func indented(_ text: String, _ margin: String = "  ") -> [String] {
    var text = Paint.text(text)
    if !isFull, text.count > Self.beginning { text = String(text.prefix(Self.beginning)) + "… (--full shows all)" }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { margin + $0 }
  }

  private func compared(_ told: JSON) -> [String] {
    if let reason = told["reason"]?.string {
      return ["  " + paint(.red, "none: \(reason.replacing("_", with: " "))")]
    }
    let analysis = told["analysis"] ?? [:]
    func list(_ key: String) -> [JSON] { analysis[key]?.array ?? [] }
    func line(_ json: JSON?) -> String { Paint.line(json?.string ?? "", most: 1_000) }
    var lines = list("consensus").map { "  " + paint(.green, "=") + " " + line($0) }
    for contradiction in list("contradictions") {
      lines.append("  " + paint(.red, "≠") + " " + line(contradiction["topic"]))
      for stance in contradiction["stances"]?.array ?? [] {
        lines.append("      \(line(stance["model"])): \(line(stance["stance"]))")
      }
    }
    for part in list("partial_coverage") {
      let models = (part["models"]?.array ?? []).map { line($0) }.joined(separator: ", ")
      lines.append("  " + paint(.yellow, "~") + " \(line(part["point"])) (only \(models))")
    }
    lines += list("unique_insights").map { "  " + paint(.cyan, "!") + " \(line($0["model"])): \(line($0["insight"]))" }
    lines += list("blind_spots").map { "  " + paint(.magenta, "?") + " nobody spoke of \(line($0))" }
    let evidence = told["evidence"]?.array ?? []
    if !evidence.isEmpty {
      let (found, all) = (told["evidence_verified"]?.int ?? 0, told["evidence_total"]?.int ?? 0)
      lines.append("  evidence: \(found) of \(all) quotes stand in the answers word for word")
      for piece in evidence {
        let isFound = piece["verified"]?.bool == true
        let mark = isFound ? paint(.green, "✓ verified") : paint(.red, "✗ not found")
        lines.append("    \(mark)  \(story.who(piece["call"]?.string ?? "")): “\(line(piece["quote"]))”")
      }
    }
    return lines
  }

  private var way: [String] {
    let line = LogLine(paint: paint)
    return story.events.map { event in
      let place = "\(event["topic"]?.string ?? "")/\(event["partition"]?.int ?? 0)/\(event["offset"]?.int ?? 0)"
      return
        "  \(Paint.padded(place, 28))  \(Paint.padded(event["source"]?.string?.split(separator: "/").last.map(String.init) ?? "", 16))  \(line.text(event, withDeliberation: false))"
    }
  }
}

internal import Deliberation

/// Two judgements of the same answers, one beside the other.
struct SideBySide {
  static let width = 58

  let old: Story
  let new: Story
  let paint: Paint

  init(_ old: Story, _ new: Story, paint: Paint) {
    self.old = old
    self.new = new
    self.paint = paint
  }

  var lines: [String] {
    var lines = rows([old.id], [new.id])
    lines += rows(head(old), head(new))
    for (title, key) in [
      ("consensus", "consensus"), ("contradictions", "contradictions"), ("partly covered", "partial_coverage"),
      ("unique", "unique_insights"), ("blind spots", "blind_spots"),
    ] {
      let (left, right) = (points(old, key), points(new, key))
      guard !left.isEmpty || !right.isEmpty else { continue }
      lines += ["", paint(.bold, title)] + rows(left, right)
    }
    lines += ["", paint(.bold, "evidence")] + rows([evidence(old)], [evidence(new)])
    lines += ["", paint(.bold, "answer")] + rows(answer(old), answer(new))
    lines += ["", paint(.bold, "paid for")] + rows(paid(old), paid(new))
    return lines
  }

  private func head(_ story: Story) -> [String] {
    let told = story.summary
    return [
      "judge \(told["judge"]?.string ?? "-")", "mode \(told["mode"]?.string ?? "-")",
      "answered by \(told["answer_model"]?.string ?? "-")",
    ]
  }

  private func points(_ story: Story, _ key: String) -> [String] {
    guard let last = story.lastAnalysis else { return ["no analysis"] }
    if let reason = last["reason"]?.string { return ["none: \(reason.replacing("_", with: " "))"] }
    return (last["analysis"]?[key]?.array ?? []).flatMap { point -> [String] in
      if let text = point.string { return ["- " + text] }
      let head = [point["topic"], point["model"], point["point"], point["insight"]].compactMap { $0?.string }
      let models = (point["models"]?.array ?? []).compactMap(\.string)
      let title = "- " + head.joined(separator: ": ") + (models.isEmpty ? "" : " (\(models.joined(separator: ", ")))")
      return [title]
        + (point["stances"]?.array ?? []).map { "    \($0["model"]?.string ?? ""): \($0["stance"]?.string ?? "")" }
    }
  }

  private func evidence(_ story: Story) -> String {
    guard let last = story.lastAnalysis, let all = last["evidence_total"]?.int else { return "none" }
    return "\(last["evidence_verified"]?.int ?? 0) of \(all) quotes found"
  }

  private func answer(_ story: Story) -> [String] {
    Paint.text(story.answer ?? "none").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private func paid(_ story: Story) -> [String] {
    let total = story.summary["cost"]?.number.map { "$" + AskAnswer.dollars($0) } ?? "?"
    return ["\(total) in \(story.calls.count) calls"]
      + story.calls.map { "\($0.label)  \($0.model)  \($0.note)" }
  }

  /// Each side broken to its width, the left one filled up to it.
  private func rows(_ left: [String], _ right: [String]) -> [String] {
    let (left, right) = (left.flatMap(Self.broken), right.flatMap(Self.broken))
    return (0..<max(left.count, right.count)).map { row in
      let one = row < left.count ? left[row] : ""
      let other = row < right.count ? right[row] : ""
      return "  \(Paint.padded(one, Self.width))  \(paint(.dim, "│"))  \(other)"
    }
  }

  static func broken(_ line: String) -> [String] {
    var lines: [String] = []
    var current = ""
    for word in Paint.line(line, most: 4_000).split(separator: " ", omittingEmptySubsequences: false) {
      var word = String(word)
      if !current.isEmpty, current.count + 1 + word.count > width {
        lines.append(current)
        current = ""
      }
      while word.count > width {
        lines.append(String(word.prefix(width)))
        word = String(word.dropFirst(width))
      }
      current += current.isEmpty ? word : " " + word
    }
    return lines + [current]
  }
}

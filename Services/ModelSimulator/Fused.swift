/// Writes the answer that a panel's answers give together: what they agree on first, then what is open, then what one alone
/// knew.
struct Fused {
  let question: String
  let answers: [Comparison.Answer]
  let model: String

  func text() -> String {
    let comparison = Comparison(of: answers)
    var paragraphs: [String] = []
    let subject = Subject(of: question)
    if comparison.consensus.isEmpty {
      paragraphs.append("\(Panellist.mark) The answers on \(subject.first) share no sentence.")
    } else {
      paragraphs.append(
        "\(Panellist.mark) \(opening) " + comparison.consensus.map(\.text).joined(separator: " "))
    }
    for contradiction in comparison.contradictions.prefix(4) {
      let counts = Fused.counted(contradiction.stances.map(\.stance))
      let sides = counts.map { "\(Fused.number($0.count)) hold that \($0.text)" }.joined(separator: " ")
      paragraphs.append("They differ on \(contradiction.topic): \(sides)")
    }
    let partial = comparison.partial.prefix(4).map(\.text)
    if !partial.isEmpty { paragraphs.append("Several add: " + partial.joined(separator: " ")) }
    let unique = kept(comparison.unique).map(\.text)
    if !unique.isEmpty { paragraphs.append("Worth keeping from single answers: " + unique.joined(separator: " ")) }
    if let gap = comparison.blindSpots.first { paragraphs.append(gap) }
    return paragraphs.joined(separator: "\n\n")
  }

  /// Each model begins in its own way.
  private var opening: String {
    Seed(model).pick(["All agree:", "This much is common ground:", "The panel is of one mind here:", "Undisputed:"])
  }

  private static func number(_ count: Int) -> String { count == 1 ? "one answer" : "\(count) answers" }

  /// Three of the insights; which ones is the model's own taste.
  private func kept(_ points: [Comparison.Point]) -> [Comparison.Point] {
    guard points.count > 3 else { return points }
    let start = Seed(model).mixed(question).below(points.count)
    return (0..<3).map { points[(start + $0) % points.count] }
  }

  private static func counted(_ texts: [String]) -> [(text: String, count: Int)] {
    var counted: [(text: String, count: Int)] = []
    for text in texts {
      if let place = counted.firstIndex(where: { $0.text == text }) {
        counted[place].count += 1
      } else {
        counted.append((text, 1))
      }
    }
    return counted
  }
}

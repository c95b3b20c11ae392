internal import Deliberation

/// Writes a judge's reply: the comparison of the answers in the judge's JSON, or what a bad judge makes of it.
struct JudgeReply {
  let judging: Duty.Judging
  let manner: Part.Judging?

  /// A quote is a short piece of a sentence.
  private static let longestQuote = 200

  func text() -> String {
    switch manner {
    case .empty: return ""
    case .prose: return "All answers are good in their own way, and I would not want to put any of them first."
    case .schema: return (["verdict": "the answers agree", "score": 7] as JSON).text
    case .brokenJSON: return JudgeReply.cut(analysis.text)
    case .brokenFirst: return judging.isRepair ? analysis.text : JudgeReply.cut(analysis.text)
    case .fenced: return JudgeReply.fenced(analysis.text)
    case .falseQuotes, .wrongLabels, nil: return analysis.text
    }
  }

  private var analysis: JSON {
    let comparison = Comparison(of: judging.answers)
    var object = JSONObject()
    object["consensus"] = .array(
      comparison.consensus.map { ["point": .string($0.text), "quotes": quotes($0)] })
    object["contradictions"] = .array(
      comparison.contradictions.map { contradiction in
        [
          "topic": .string(contradiction.topic),
          "stances": .array(
            contradiction.stances.map {
              ["response": label($0.label), "stance": .string($0.stance), "quote": quote($0.quote)]
            }),
        ]
      })
    object["partial_coverage"] = .array(
      comparison.partial.map {
        ["responses": .array($0.labels.map(label)), "point": .string($0.text), "quotes": quotes($0)]
      })
    object["unique_insights"] = .array(
      comparison.unique.compactMap { point in
        point.quotes.first.map {
          ["response": label($0.label), "insight": .string(point.text), "quote": quote($0.text)]
        }
      })
    object["blind_spots"] = .array(comparison.blindSpots.map { .string($0) })
    if judging.wantsRanking { object["ranking"] = .array(comparison.ranking.map(label)) }
    if judging.wantsChanges { object["changes"] = .array(changes) }
    return .object(object)
  }

  private func quotes(_ point: Comparison.Point) -> JSON {
    .array(point.quotes.map { ["response": label($0.label), "quote": quote($0.text)] })
  }

  /// A label that no answer has, where that was asked for.
  private func label(_ label: String) -> JSON { .string(manner == .wrongLabels ? "Z\(label)" : label) }

  private func quote(_ text: String) -> JSON {
    if manner == .falseQuotes { return .string("Nobody wrote this: \(Seed(text).hex).") }
    guard text.utf8.count > JudgeReply.longestQuote else { return .string(text) }
    let end = text.utf8.index(text.startIndex, offsetBy: JudgeReply.longestQuote)
    // Cut between words, or between characters where there is only one word.
    let piece = text[..<(text[..<end].lastIndex(of: " ") ?? text.index(text.startIndex, offsetBy: 40))]
    return .string(String(piece))
  }

  /// Who says something else on a topic than in the first round.
  private var changes: [JSON] {
    var changes: [JSON] = []
    for answer in judging.answers {
      guard let earlier = judging.earlier.first(where: { $0.label == answer.label }) else { continue }
      let before = Sentences.of(earlier.text).filter { $0.topic != nil }
      for sentence in Sentences.of(answer.text) {
        guard let topic = sentence.topic,
          let old = before.first(where: { $0.topic == topic }), old.key != sentence.key
        else { continue }
        changes.append([
          "response": label(answer.label), "from": .string(String(old.stance)), "to": .string(String(sentence.stance)),
        ])
      }
    }
    return changes
  }

  private static func cut(_ text: String) -> String { String(text.prefix(text.count * 2 / 3)) }

  private static func fenced(_ text: String) -> String {
    let members = text.dropLast()
    return "Here is my analysis:\n\n```json\n\(members),\n}\n```\n\nI hope that this helps."
  }
}

/// Writes what a model says after having read the others: its own answer again, with a stance changed where most others
/// hold another one and its seed is ready to be convinced.
struct Revision {
  let question: String
  let model: String
  let own: String
  let others: [Comparison.Answer]

  func text() -> String {
    var text = own
    var changed = false
    let seed = Seed(question).mixed(model).mixed("revision")
    for sentence in Sentences.of(own) {
      guard let topic = sentence.topic, let majority = majority(on: Sentences.key(of: topic)),
        Sentences.key(of: majority) != sentence.key, seed.mixed(sentence.key).happens(percent: 60)
      else { continue }
      guard let place = text.range(of: sentence.verbatim) else { continue }
      text.replaceSubrange(place, with: majority)
      changed = true
    }
    return text + (changed ? " Having read the others, I have changed my mind." : " Having read the others, I stay.")
  }

  /// The sentence on that topic that more than one other, and more than any rival, says.
  private func majority(on topic: String) -> Substring? {
    var counts: [(key: String, verbatim: Substring, count: Int)] = []
    for answer in others {
      guard let said = Sentences.of(answer.text).first(where: { $0.topic.map { Sentences.key(of: $0) } == topic })
      else {
        continue
      }
      if let place = counts.firstIndex(where: { $0.key == said.key }) {
        counts[place].count += 1
      } else {
        counts.append((said.key, said.verbatim, 1))
      }
    }
    let best = counts.max { $0.count < $1.count }
    guard let best, best.count > 1, counts.filter({ $0.count == best.count }).count == 1 else { return nil }
    return best.verbatim
  }
}

extension String {
  /// Where `part`, which stands in this text, stands first.
  fileprivate func range(of part: Substring) -> Range<String.Index>? {
    let wanted = Array(part.utf8)
    guard let first = wanted.first else { return nil }
    var start = utf8.startIndex
    while let place = utf8[start...].firstIndex(of: first) {
      if utf8[place...].starts(with: wanted) { return place..<utf8.index(place, offsetBy: wanted.count) }
      start = utf8.index(after: place)
    }
    return nil
  }
}

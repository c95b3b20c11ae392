/// What a careful reader finds when several answers lie side by side: computed from their sentences, not made up.
struct Comparison: Equatable, Sendable {
  struct Answer: Equatable, Sendable {
    let label: String
    let text: String
  }

  struct Quote: Equatable, Sendable {
    let label: String
    let text: String
  }

  struct Point: Equatable, Sendable {
    let text: String
    /// One from every answer that says it.
    let quotes: [Quote]
    var labels: [String] { quotes.map(\.label) }
  }

  struct Stance: Equatable, Sendable {
    let label: String
    let stance: String
    let quote: String
  }

  struct Contradiction: Equatable, Sendable {
    let topic: String
    let stances: [Stance]
  }

  var consensus: [Point] = []
  var contradictions: [Contradiction] = []
  var partial: [Point] = []
  var unique: [Point] = []
  var blindSpots: [String] = []
  /// Labels, the best answer first: what others say as well counts most, what nobody else says a little.
  var ranking: [String] = []

  /// Not more of a kind are named, however long the answers are.
  static let most = 12

  init(of answers: [Answer]) {
    let read = answers.map { ($0.label, Comparison.sentences($0.text)) }
    var order: [String] = []
    var said: [String: [(label: String, sentence: Sentences.Sentence)]] = [:]
    var topics: [String] = []
    var stances: [String: [(label: String, sentence: Sentences.Sentence)]] = [:]
    for (label, sentences) in read {
      var mine: Set<String> = []
      for sentence in sentences where mine.insert(sentence.key).inserted {
        if said[sentence.key] == nil { order.append(sentence.key) }
        said[sentence.key, default: []].append((label, sentence))
        if let topic = sentence.topic.map({ Sentences.key(of: $0) }), mine.insert("on \(topic),").inserted {
          if stances[topic] == nil { topics.append(topic) }
          stances[topic, default: []].append((label, sentence))
        }
      }
    }

    var disputed: Set<String> = []
    for topic in topics {
      guard let taken = stances[topic], Set(taken.map(\.sentence.key)).count > 1 else { continue }
      disputed.formUnion(taken.map(\.sentence.key))
      guard contradictions.count < Comparison.most else { continue }
      contradictions.append(
        Contradiction(
          topic: taken.first?.sentence.topic.map(String.init) ?? topic,
          stances: taken.map {
            Stance(label: $0.label, stance: String($0.sentence.stance), quote: String($0.sentence.verbatim))
          }))
    }

    var score: [String: Int] = [:]
    for key in order {
      guard let sayers = said[key] else { continue }
      for (label, _) in sayers { score[label, default: 0] += sayers.count > 1 ? 2 * sayers.count : 1 }
      guard !disputed.contains(key), let text = sayers.first?.sentence.verbatim else { continue }
      let point = Point(
        text: String(text), quotes: sayers.map { Quote(label: $0.label, text: String($0.sentence.verbatim)) })
      if sayers.count == answers.count, answers.count > 1 {
        consensus.append(point)
      } else if sayers.count > 1 {
        partial.append(point)
      } else {
        unique.append(point)
      }
    }
    consensus = Array(consensus.prefix(Comparison.most))
    partial = Array(partial.prefix(Comparison.most))
    unique = Comparison.shared(unique, among: answers.map(\.label))
    blindSpots = Aspects.missing(in: answers.map(\.text))
    ranking = answers.map(\.label).enumerated().sorted {
      let (left, right) = (score[$0.element] ?? 0, score[$1.element] ?? 0)
      return left != right ? left > right : $0.offset < $1.offset
    }.map(\.element)
  }

  private static func sentences(_ text: String) -> [Sentences.Sentence] {
    var body = Substring(text)
    if body.hasPrefix(Panellist.mark) { body = body.dropFirst(Panellist.mark.count) }
    return Sentences.of(body)
  }

  /// The few that are named come from all answers in turn, so that a long one does not crowd out the rest.
  private static func shared(_ points: [Point], among labels: [String]) -> [Point] {
    var queues = labels.map { label in points.filter { $0.labels == [label] }[...] }
    var chosen: [Point] = []
    while chosen.count < most, queues.contains(where: { !$0.isEmpty }) {
      for index in queues.indices where chosen.count < most {
        if let next = queues[index].popFirst() { chosen.append(next) }
      }
    }
    return chosen
  }
}

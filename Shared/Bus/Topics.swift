/// The one place that knows the topics' names and shapes.
package struct Topics: Sendable {
  package let requests: String
  package let requestsBulk: String
  package let cancels: String
  package let events: String
  package let signals: String
  package let replies: String
  package let results: String
  package let deadLetters: String
  package let lanes: [String]

  private let prefix: String
  private let partitions: Int

  package init(_ settings: BusSettings) {
    prefix = settings.prefix
    partitions = settings.partitions ?? 12
    lanes = settings.lanes.contains("default") ? settings.lanes : ["default"] + settings.lanes
    requests = prefix + "requests"
    requestsBulk = prefix + "requests.bulk"
    cancels = prefix + "cancels"
    events = prefix + "events"
    signals = prefix + "signals"
    replies = prefix + "replies"
    results = prefix + "results"
    deadLetters = prefix + "dead-letters"
  }

  package func calls(_ lane: String) -> String { "\(prefix)calls.\(lane)" }

  package var all: [TopicShape] {
    let hour = Duration.seconds(3600)
    let day = hour * 24
    return [
      TopicShape(name: requests, partitions: partitions, retention: day * 7),
      TopicShape(name: requestsBulk, partitions: partitions, retention: day * 7),
      TopicShape(name: cancels, partitions: 1, retention: day * 7),
      TopicShape(name: events, partitions: partitions, retention: nil),
      TopicShape(name: signals, partitions: 1, retention: hour),
      TopicShape(name: replies, partitions: partitions, retention: hour),
      TopicShape(name: results, partitions: partitions, retention: day * 7),
      TopicShape(name: deadLetters, partitions: 3, retention: nil),
    ] + lanes.map { TopicShape(name: calls($0), partitions: partitions, retention: day, mayGrow: true) }
  }

  /// The consumer group of a service, and of one lane of it.
  package func group(_ service: String, lane: String? = nil) -> String {
    lane.map { "\(prefix)\(service).\($0)" } ?? prefix + service
  }
}

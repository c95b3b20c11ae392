package import Telemetry
internal import Threads

/// What a plain C loop over librdkafka does with the bus's own properties: one hop, a chain of them, and reading a topic.
/// Asked again and again while something else is measured over the same broker.
package struct PlainProbe: Sendable {
  private let settings: BusSettings
  private let log: Log
  private let broker: EmbeddedBroker?
  private let topic: String

  /// Without settings a broker is embedded here. On a real cluster one topic is made, `bench.hop`.
  package init(_ given: BusSettings?, log: Log) async throws(BusError) {
    topic = (given?.prefix ?? "conclave.") + "bench.hop"
    let shape = TopicShape(name: topic, partitions: 1, retention: .seconds(3_600))
    broker = given == nil ? try EmbeddedBroker(topics: [shape], log: log) : nil
    settings = given ?? BusSettings(bootstrap: broker?.bootstrap ?? "", kind: .embedded)
    self.log = log
    try await Admin.create(settings, shapes: [shape], log: log, within: .seconds(30))
  }

  /// Seconds of each of `count` chains of `links` records, each record sent when the one before it is there.
  package func hops(_ count: Int, links: Int = 1) async throws(BusError) -> [Double] {
    let unmeasured = 20
    let producer = try ClientProperties.producer(settings, client: "bench")
    let consumer = try properties()
    let topic = topic
    let seconds = await blocking {
      PlainLoop.hops(
        producer: producer, consumer: consumer, topic: topic, start: -1,
        payload: [UInt8](repeating: 120, count: 1_000), hops: count + unmeasured, links: links, within: BusBench.limit)
    }
    guard seconds.count == count + unmeasured else { throw .timedOut("hops over \(topic) in C") }
    return Array(seconds.dropFirst(unmeasured))
  }

  /// Records per second from the first to the last, of a topic that holds so many from `starts` on; nil where they did
  /// not come in time.
  package static func reading(
    _ settings: BusSettings, topic: String, starts: [Int64], records: Int, within limit: Duration
  ) async throws(BusError) -> Double? {
    let properties = try ClientProperties.consumer(
      settings, client: "bench", subscription: .assigned([], group: nil))
    let span = await blocking {
      PlainLoop.read(consumer: properties, topic: topic, starts: starts, records: records, within: limit)
    }
    return span.map { Double(records) / $0.wall }
  }

  private func properties() throws(BusError) -> [(String, String)] {
    try ClientProperties.consumer(settings, client: "bench", subscription: .assigned([], group: nil))
  }
}

/// A blocking piece of work on a thread of its own.
private func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
  await withCheckedContinuation { continuation in
    _ = NamedThread.start("bench-plain") { continuation.resume(returning: body()) }
  }
}

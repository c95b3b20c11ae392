internal import Bus
internal import Deliberation
internal import Telemetry
internal import Threads

/// A pipeline: writes asks to a topic rather than to the HTTP door, and reads nothing back itself.
final class Pipeline: Sendable {
  private let producer: Producer
  private let topics: Topics
  private let failed = Lock<[String]>([])
  private let acknowledged = Lock(0)

  init(bootstrap: String, isEmbedded: Bool) throws(Failure) {
    let settings = BusSettings(bootstrap: bootstrap, kind: isEmbedded ? .embedded : .kafka)
    topics = Topics(settings)
    do { producer = try Producer(settings, client: "chaos", log: .silent, metrics: Metrics()) } catch {
      throw Failure("\(error)")
    }
  }

  enum Destination { case requestsBulk, calls }

  /// Writes so many records; returns when the brokers have acknowledged all of them.
  func write(
    _ count: Int, to destination: Destination, within limit: Duration,
    _ make: (Int) -> (id: String, subject: String, JSON)
  ) throws(Failure) {
    let (topic, type) =
      switch destination {
      case .requestsBulk: (topics.requestsBulk, "conclave.ask.v1")
      case .calls: (topics.calls("default"), "conclave.call.v1")
      }
    for number in 0..<count {
      let (id, subject, json) = make(number)
      let envelope = Envelope(
        id: id, type: type, source: "/chaos/pipeline", subject: subject,
        time: Moment(milliseconds: Time.now).rfc3339)
      let record = Outgoing(
        topic: topic, partition: nil, key: Array((destination == .calls ? id : subject).utf8), value: json.bytes,
        headers: envelope.headers)
      let before = number
      // a bound of our own: the producer takes whatever it is given
      guard eventually(within: limit, every: .milliseconds(1), { before - acknowledged.withLock { $0 } < 5000 }) else {
        throw Failure("\(topic) takes no more records")
      }
      producer.send(record) { [failed, acknowledged] result in
        if case .failure(let error) = result { failed.withLock { $0.append("\(error)") } }
        acknowledged.withLock { $0 += 1 }
      }
    }
    guard eventually(within: limit, { acknowledged.withLock { $0 } >= count }) else {
      throw Failure("\(topic): not everything was acknowledged within \(limit)")
    }
    if let error = failed.withLock({ $0.first }) { throw Failure("\(topic): \(error)") }
    acknowledged.withLock { $0 = 0 }
  }

  func close() { _ = producer.close(within: .seconds(5)) }
}

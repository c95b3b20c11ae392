internal import Bus
internal import Deliberation
internal import Settings
internal import Telemetry

/// Asks on the bus, as a pipeline does: writes the ask, follows its events, and takes the result from `results`.
struct BusAsk {
  let settings: Settings
  let interrupts: Interrupts

  func ask(_ question: AskQuestion, compares: Bool) async throws(CommandError) -> AskOutcome {
    let log = Log(service: "conclave", instance: "ask", level: .error, format: settings.logFormat)
    let metrics = Metrics()
    let topics = Topics(settings.bus)
    do {
      // A bus that is not there is told after seconds, not waited for: a person sits in front of this.
      _ = try await Admin.cluster(settings.bus, log: log, within: .seconds(5))
      let producer = try Producer(settings.bus, client: "conclave-ask", log: log, metrics: metrics)
      try await producer.warm([topics.requests, topics.cancels, topics.events, topics.results])
      let ids = (0..<(compares ? 2 : 1)).map { _ in Self.newID() }
      let follower = AskFollower(topics: topics, fused: ids[0], alone: ids.count > 1 ? ids[1] : nil)
      let consumer = try Consumer(
        settings.bus, client: "conclave-ask",
        subscription: .assigned(try partitions(of: ids, topics, producer), group: nil),
        receiver: { follower.receiver() },
        log: log, metrics: metrics, onFatal: { follower.fail("\($0)") })
      interrupts.first {
        Output.error("cancelling; once more does not wait for that\n")
        for id in ids {
          producer.send(Self.cancel(id, topics: topics)) { _ in if id == ids[0] { follower.fail("cancelled") } }
        }
      }
      // Nothing may be missed: the ask goes out when the reader stands at the end of each partition.
      let outcome = await follower.outcome { id, model in
        let question = model.map { AskQuestion(text: question.text, model: $0) } ?? question
        producer.send(Self.record(question, id: id, topics: topics)) { result in
          if case .failure(let error) = result { follower.fail("the ask was not taken: \(error)") }
        }
      }
      consumer.stop(within: .seconds(2))
      _ = producer.close(within: .seconds(2))
      return try outcome.get()
    } catch let error as BusError {
      throw .failed("\(error)")
    } catch let error as CommandError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  private func partitions(of ids: [String], _ topics: Topics, _ producer: Producer) throws(CommandError)
    -> [TopicPartition]
  {
    var partitions: Set<TopicPartition> = []
    for topic in [topics.events, topics.results] {
      guard let count = producer.partitions(of: topic) else {
        throw .failed("\(topic) is not there; conclave doctor says more")
      }
      for id in ids {
        partitions.insert(
          TopicPartition(topic: topic, partition: Partitioner.murmur2(Array(id.utf8), partitions: count)))
      }
    }
    return Array(partitions)
  }

  static func record(_ question: AskQuestion, id: String, topics: Topics) -> Outgoing {
    var value: JSONObject = [
      "request": question.body, "form": "chat", "priority": "interactive", "stream": "none",
    ]
    for member in question.beside.members { value[member.key] = member.value }
    let envelope = Envelope(
      id: id + "/ask", type: "conclave.ask.v1", source: "/conclave/ask", subject: id, time: WallTime.now.rfc3339)
    return Outgoing(
      topic: topics.requests, key: Array(id.utf8), value: JSON.object(value).bytes, headers: envelope.headers)
  }

  /// A client that hangs up.
  static func cancel(_ id: String, topics: Topics) -> Outgoing {
    let value: JSON = ["by": "client"]
    let envelope = Envelope(
      id: id + "/cancel", type: "conclave.cancel.v1", source: "/conclave/ask", subject: id, time: WallTime.now.rfc3339)
    return Outgoing(topic: topics.cancels, key: nil, value: value.bytes, headers: envelope.headers)
  }

  private static func newID() -> String {
    var generator = SystemRandomNumberGenerator()
    let random = (0..<10).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return IDs.deliberation(time: WallTime.now, random: random)
  }
}

internal import CRdKafka
internal import Telemetry

/// A handle that only asks for metadata, and makes and deletes topics.
struct AdminHandle {
  private let handle: OpaquePointer
  private let callbacks: HandleCallbacks

  init(_ settings: BusSettings, log: Log) throws(BusError) {
    callbacks = HandleCallbacks(log: log)
    handle = try Handle.make(RD_KAFKA_PRODUCER, ClientProperties.admin(settings, client: "conclave-admin"), callbacks)
  }

  func destroy() { Handle.destroy(handle, callbacks) }

  func cluster(within limit: Duration) throws(KafkaError) -> Cluster {
    // all topics: a question for one by name would make it where brokers make topics by themselves
    let metadata = try Handle.partitions(handle, of: nil, within: limit)
    var topics: [String: Int] = [:]
    for case (let name, .success(let count)) in metadata.topics { topics[name] = count }
    return Cluster(brokers: metadata.brokers, topics: topics)
  }

  /// Returns the names of those that this call made; another may have been faster with the rest.
  func create(_ shapes: [TopicShape], replication: Int, recordBytes: Int) throws(BusError) -> [String] {
    var topics: [OpaquePointer?] = []
    defer { for topic in topics { rd_kafka_NewTopic_destroy(topic) } }
    for shape in shapes {
      var text = [CChar](repeating: 0, count: 512)
      let new = rd_kafka_NewTopic_new(shape.name, Int32(shape.partitions), Int32(replication), &text, text.count)
      guard let new else {
        throw .broker(
          what: "create topic \(shape.name)", name: "_INVALID_ARG",
          why: String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), retriable: false,
          fatal: false)
      }
      topics.append(new)
      for (name, value) in Self.configuration(shape, recordBytes) { rd_kafka_NewTopic_set_config(new, name, value) }
    }
    return try answer(RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topics", besides: RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    {
      rd_kafka_CreateTopics(handle, &topics, topics.count, $0, $1)
    } results: { event, count in
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
    }
  }

  /// Returns the names of those that this call deleted.
  func delete(_ names: [String]) throws(BusError) -> [String] {
    var topics: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
    defer { for topic in topics { rd_kafka_DeleteTopic_destroy(topic) } }
    return try answer(
      RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topics", besides: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
    ) {
      rd_kafka_DeleteTopics(handle, &topics, topics.count, $0, $1)
    } results: { event, count in
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
    }
  }

  /// How the topics are set, by topic and property.
  func configurations(of topics: [String]) throws(KafkaError) -> [String: [String: String]] {
    var resources = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
    defer { for resource in resources { rd_kafka_ConfigResource_destroy(resource) } }
    let queue = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(queue) }
    rd_kafka_DescribeConfigs(handle, &resources, resources.count, nil, queue)
    guard let event = rd_kafka_queue_poll(queue, 30_000) else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT) }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
    var count = 0
    let answers = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
    var configurations: [String: [String: String]] = [:]
    for index in 0..<count {
      guard let answer = answers?[index] else { continue }
      let error = rd_kafka_ConfigResource_error(answer)
      guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
      var properties = 0
      let entries = rd_kafka_ConfigResource_configs(answer, &properties)
      var values: [String: String] = [:]
      for number in 0..<properties {
        guard let entry = entries?[number], let name = rd_kafka_ConfigEntry_name(entry),
          let value = rd_kafka_ConfigEntry_value(entry)
        else { continue }
        values[String(cString: name)] = String(cString: value)
      }
      configurations[String(cString: rd_kafka_ConfigResource_name(answer))] = values
    }
    return configurations
  }

  private static func configuration(_ shape: TopicShape, _ recordBytes: Int) -> [(String, String)] {
    var configuration = [("cleanup.policy", shape.cleanup), ("retention.ms", "\(shape.retentionMilliseconds)")]
    // Kafka's own bound holds a record of the default size with what a batch adds
    if recordBytes > 1_000_000 { configuration.append(("max.message.bytes", "\(recordBytes + 65_536)")) }
    return configuration
  }

  /// Sends one request and returns the names of the topics for which it took effect; `besides` is the error of those for
  /// which nothing was left to do.
  private func answer(
    _ operation: rd_kafka_admin_op_t, _ what: String, besides: rd_kafka_resp_err_t,
    _ send: (OpaquePointer?, OpaquePointer?) -> Void,
    results: (OpaquePointer, inout Int) -> UnsafeMutablePointer<OpaquePointer?>?
  ) throws(BusError) -> [String] {
    let queue = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(queue) }
    let options = rd_kafka_AdminOptions_new(handle, operation)
    defer { rd_kafka_AdminOptions_destroy(options) }
    send(options, queue)
    guard let event = rd_kafka_queue_poll(queue, 30_000) else { throw .timedOut(what) }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaError(code, rd_kafka_event_error_string(event).map { String(cString: $0) }).asBusError(what)
    }
    var count = 0
    let topics = results(event, &count)
    var done: [String] = []
    for index in 0..<count {
      guard let result = topics?[index] else { continue }
      let name = String(cString: rd_kafka_topic_result_name(result))
      switch rd_kafka_topic_result_error(result) {
      case RD_KAFKA_RESP_ERR_NO_ERROR: done.append(name)
      case besides: break
      case let code:
        let text = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
        throw KafkaError(code, text).asBusError("\(what): \(name)", topic: name)
      }
    }
    return done
  }
}

internal import CRdKafka
internal import Telemetry

/// Makes and ends librdkafka handles.
enum Handle {
  /// A new handle with a reference to `callbacks`, which `destroy` gives back.
  static func make(
    _ type: rd_kafka_type_t, _ properties: [(String, String)], _ callbacks: HandleCallbacks
  ) throws(BusError) -> OpaquePointer {
    guard let configuration = rd_kafka_conf_new() else { throw .unreachable("librdkafka", why: "out of memory") }
    var text = [CChar](repeating: 0, count: 512)
    for (name, value) in properties {
      guard rd_kafka_conf_set(configuration, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
        rd_kafka_conf_destroy(configuration)
        throw .refusedProperty(name, why: Self.text(text))
      }
    }
    HandleCallbacks.install(on: configuration)
    if type == RD_KAFKA_PRODUCER {
      HandleCallbacks.installForProducer(on: configuration)
    } else {
      HandleCallbacks.installForConsumer(on: configuration)
    }
    let opaque = Unmanaged.passRetained(callbacks)
    rd_kafka_conf_set_opaque(configuration, opaque.toOpaque())
    guard let handle = rd_kafka_new(type, configuration, &text, text.count) else {
      // after a failure the configuration is still ours
      rd_kafka_conf_destroy(configuration)
      opaque.release()
      throw .unreachable("librdkafka", why: Self.text(text))
    }
    return handle
  }

  /// Blocks until all of the handle's threads have ended, which bugs of 2.0.2 can make long.
  static func destroy(_ handle: OpaquePointer, _ callbacks: HandleCallbacks) {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    callbacks.silence()
    Unmanaged.passUnretained(callbacks).release()
  }

  private static func text(_ bytes: [CChar]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func fatalError(_ handle: OpaquePointer) -> KafkaError? {
    var text = [CChar](repeating: 0, count: 512)
    let code = rd_kafka_fatal_error(handle, &text, text.count)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code, Self.text(text))
  }

  /// Partition counts of topics, from the brokers; a topic's own error beside the others' answers.
  static func partitions(
    _ handle: OpaquePointer, of topic: String?, within limit: Duration
  ) throws(KafkaError) -> Metadata {
    let only = topic.flatMap { rd_kafka_topic_new(handle, $0, nil) }
    defer { if let only { rd_kafka_topic_destroy(only) } }
    var answer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(handle, topic == nil ? 1 : 0, only, &answer, Int32(limit.milliseconds))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaError(code) }
    defer { rd_kafka_metadata_destroy(answer) }
    var metadata = Metadata(brokers: Int(answer.pointee.broker_cnt))
    for index in 0..<Int(answer.pointee.topic_cnt) {
      guard let topic = answer.pointee.topics?[index], let name = topic.topic else { continue }
      if topic.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        metadata.topics[String(cString: name)] = .success(Int(topic.partition_cnt))
      } else {
        metadata.topics[String(cString: name)] = .failure(KafkaError(topic.err))
      }
    }
    return metadata
  }

  struct Metadata {
    let brokers: Int
    var topics: [String: Result<Int, KafkaError>] = [:]
  }
}

internal import CRdKafka
internal import Telemetry

/// One librdkafka producer. `produce` and `wake` may be called from any thread, the rest from the one that polls; after
/// `destroy` nothing.
// Unchecked because librdkafka's handle is thread-safe and `topics` is only touched by the thread that polls.
final class ProducerHandle: @unchecked Sendable {
  private let handle: OpaquePointer
  private let queue: OpaquePointer
  /// Topics that were asked for: while one is held here its first record needs no timer of librdkafka's.
  private var topics: [String: OpaquePointer] = [:]
  let callbacks: HandleCallbacks

  init(_ properties: [(String, String)], _ callbacks: HandleCallbacks) throws(BusError) {
    self.callbacks = callbacks
    handle = try Handle.make(RD_KAFKA_PRODUCER, properties, callbacks)
    queue = rd_kafka_queue_get_main(handle)
  }

  /// Hands a record over; nil: taken, its fate comes with `number` in a delivery report.
  func produce(_ record: Outgoing, number: UInt) -> KafkaError? {
    let headers = Self.list(record.headers)
    let code = Self.bytes(record.key) { key in
      Self.bytes(record.value) { value in
        conclave_produce(
          handle, record.topic, record.partition ?? RD_KAFKA_PARTITION_UA, key.baseAddress, key.count,
          value.baseAddress, value.count, headers, number)
      }
    }
    if code == RD_KAFKA_RESP_ERR_NO_ERROR { return nil }
    if let headers { rd_kafka_headers_destroy(headers) }
    return KafkaError(code)
  }

  /// Serves callbacks, waiting at most that long for the first.
  @discardableResult
  func poll(_ milliseconds: Int) -> Int { Int(rd_kafka_poll(handle, Int32(milliseconds))) }

  /// Ends a poll that waits, or the next one.
  func wake() { rd_kafka_queue_yield(queue) }

  var fatalError: KafkaError? { Handle.fatalError(handle) }

  func metadata(of topic: String, within limit: Duration) throws(KafkaError) -> Handle.Metadata {
    if topics[topic] == nil { topics[topic] = rd_kafka_topic_new(handle, topic, nil) }
    return try Handle.partitions(handle, of: topic, within: limit)
  }

  func destroy() {
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    for topic in topics.values { rd_kafka_topic_destroy(topic) }
    topics = [:]
    rd_kafka_queue_destroy(queue)
    Handle.destroy(handle, callbacks)
  }

  private static func list(_ headers: [Header]) -> OpaquePointer? {
    guard !headers.isEmpty, let list = rd_kafka_headers_new(headers.count) else { return nil }
    for header in headers {
      var name = header.name
      name.withUTF8 { name in
        bytes(header.value) { value in
          _ = rd_kafka_header_add(list, name.baseAddress, name.count, value.baseAddress, value.count)
        }
      }
    }
    return list
  }

  /// Absent is a null pointer, empty is not.
  private static func bytes<Value>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    guard let bytes else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    if bytes.isEmpty {
      var nothing: UInt8 = 0
      return withUnsafeBytes(of: &nothing) { body(UnsafeRawBufferPointer(rebasing: $0[0..<0])) }
    }
    return bytes.withUnsafeBytes(body)
  }
}

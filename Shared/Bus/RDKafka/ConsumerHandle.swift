internal import CRdKafka
internal import Telemetry
internal import Threads

/// One librdkafka consumer. `wake` may be called from any thread, at any time; the rest from the one that polls, and after
/// `destroy` nothing.
// Unchecked because librdkafka's handle is thread-safe and `names` is only touched by the thread that polls.
final class ConsumerHandle: @unchecked Sendable {
  let handle: OpaquePointer
  private let queue: OpaquePointer
  /// Whoever wakes may not know yet that it is being destroyed.
  private let isAlive = Lock(true)
  let callbacks: HandleCallbacks
  /// Topic names by librdkafka's topic object, so that a record costs no new string. Emptied with each assignment, which
  /// may free those objects.
  private var names: [OpaquePointer: String] = [:] { didSet { last = nil } }
  private var last: (topic: OpaquePointer, name: String)?

  init(_ properties: [(String, String)], _ callbacks: HandleCallbacks) throws(BusError) {
    self.callbacks = callbacks
    handle = try Handle.make(RD_KAFKA_CONSUMER, properties, callbacks)
    // the last two queues that events can come from become one
    rd_kafka_poll_set_consumer(handle)
    queue = rd_kafka_queue_get_consumer(handle)
  }

  enum Polled {
    case nothing
    case record(Record)
    case error(KafkaError, TopicPartition?, offset: Int64)
  }

  /// Serves callbacks and returns the first record or error; waits at most that long.
  func poll(_ milliseconds: Int) -> Polled {
    guard let message = rd_kafka_consumer_poll(handle, Int32(milliseconds)) else { return .nothing }
    defer { rd_kafka_message_destroy(message) }
    let fields = message.pointee
    if fields.err == RD_KAFKA_RESP_ERR_NO_ERROR, let topic = fields.rkt {
      return .record(record(message, topic))
    }
    let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
    let partition = fields.rkt.map { TopicPartition(topic: name($0), partition: fields.partition) }
    return .error(KafkaError(fields.err, text), partition, offset: fields.offset)
  }

  private func record(_ message: UnsafeMutablePointer<rd_kafka_message_t>, _ topic: OpaquePointer) -> Record {
    let fields = message.pointee
    var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let timestamp = rd_kafka_message_timestamp(message, &kind)
    return Record(
      topic: name(topic), partition: fields.partition, offset: fields.offset,
      timestamp: kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp,
      key: Self.bytes(fields.key, fields.key_len), value: Self.bytes(fields.payload, fields.len),
      headers: Self.headers(message))
  }

  private func name(_ topic: OpaquePointer) -> String {
    // as a rule the topic of the record before
    if let last, last.topic == topic { return last.name }
    let name = names[topic] ?? String(cString: rd_kafka_topic_name(topic))
    names[topic] = name
    last = (topic, name)
    return name
  }

  private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
    start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
  }

  private static func headers(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> [Header] {
    var list: OpaquePointer?
    guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
    let count = rd_kafka_header_cnt(list)
    var headers: [Header] = []
    headers.reserveCapacity(count)
    for index in 0..<count {
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var size = 0
      guard rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name
      else { break }
      headers.append(Header(String(cString: name), bytes(value, size)))
    }
    return headers
  }

  /// Ends a poll that waits, or the next one. The flag that this sets stays until a poll finds its queue empty (read in
  /// 2.0.2's source), so none is lost.
  func wake() { isAlive.withLock { if $0 { rd_kafka_queue_yield(queue) } } }

  func subscribe(_ topics: [String]) -> KafkaError? {
    let list = PartitionList(topics.map { TopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
    let code = rd_kafka_subscribe(handle, list.pointer)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code)
  }

  /// Replaces what is read, and where each starts.
  func assign(_ starts: [(TopicPartition, StartAt)]) -> KafkaError? {
    names = [:]
    let list = PartitionList(capacity: starts.count)
    for (partition, start) in starts { list.add(partition, offset: Self.offset(start)) }
    let code = rd_kafka_assign(handle, list.pointer)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code)
  }

  func unassign() {
    names = [:]
    rd_kafka_assign(handle, nil)
  }

  var isAssignmentLost: Bool { rd_kafka_assignment_lost(handle) == 1 }
  var fatalError: KafkaError? { Handle.fatalError(handle) }

  func pause(_ partition: TopicPartition) {
    let list = PartitionList([partition])
    rd_kafka_pause_partitions(handle, list.pointer)
  }

  /// Without the seek a paused partition sleeps on for most of a second.
  func resume(_ partition: TopicPartition, at start: StartAt) -> KafkaError? {
    let list = PartitionList([partition])
    rd_kafka_resume_partitions(handle, list.pointer)
    return seek(partition, start)
  }

  func seek(_ partition: TopicPartition, _ start: StartAt) -> KafkaError? {
    let list = PartitionList(capacity: 1)
    list.add(partition, offset: Self.offset(start))
    if let error = rd_kafka_seek_partitions(handle, list.pointer, Int32(Tuning.question.milliseconds)) {
      return KafkaError(consuming: error)
    }
    return list.elements.first?.error
  }

  private static func offset(_ start: StartAt) -> Int64 {
    switch start {
    case .committed: Int64(RD_KAFKA_OFFSET_STORED)
    case .offset(let offset): offset
    case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
    case .end: Int64(RD_KAFKA_OFFSET_END)
    }
  }

  /// Ends the queue's and the handle's life; blocks until its threads have ended.
  func destroy() {
    isAlive.withLock { $0 = false }
    rd_kafka_queue_destroy(queue)
    Handle.destroy(handle, callbacks)
  }

  /// Leaves the group; the rebalance callback is called from here. Blocks.
  func close() { rd_kafka_consumer_close(handle) }
}

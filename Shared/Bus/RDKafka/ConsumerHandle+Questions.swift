internal import CRdKafka

/// Commits, and what is asked of the brokers with a bounded wait.
extension ConsumerHandle {
  typealias Commit = (partition: TopicPartition, offset: Int64, metadata: String)

  /// Asynchronous: `callbacks.committed` is called with the number from a later poll.
  func commit(_ offsets: [Commit], number: UInt) -> KafkaError? {
    let list = Self.list(offsets)
    let queue = rd_kafka_queue_get_consumer(handle)
    defer { rd_kafka_queue_destroy(queue) }
    let code = rd_kafka_commit_queue(
      handle, list.pointer, queue,
      { handle, code, offsets, number in
        HandleCallbacks.of(handle)?.committed(
          UInt(bitPattern: number), ConsumerHandle.error(code, PartitionList.elements(offsets)))
      }, UnsafeMutableRawPointer(bitPattern: number))
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code)
  }

  /// Waits for the answer, on a queue of its own so that nothing else is served meanwhile.
  func commitNow(_ offsets: [Commit], within limit: Duration) throws(KafkaError) {
    let list = Self.list(offsets)
    let queue = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(queue) }
    let code = rd_kafka_commit_queue(handle, list.pointer, queue, nil, nil)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
    guard let event = rd_kafka_queue_poll(queue, Int32(limit.milliseconds)) else {
      throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { rd_kafka_event_destroy(event) }
    let answers = PartitionList.elements(
      rd_kafka_event_topic_partition_list(event).map { UnsafeMutablePointer(mutating: $0) })
    if let error = Self.error(rd_kafka_event_error(event), answers) { throw error }
  }

  private static func list(_ offsets: [Commit]) -> PartitionList {
    let list = PartitionList(capacity: offsets.count)
    for commit in offsets { list.add(commit.partition, offset: commit.offset, metadata: commit.metadata) }
    return list
  }

  private static func error(_ code: rd_kafka_resp_err_t, _ answers: [PartitionList.Element]) -> KafkaError? {
    code == RD_KAFKA_RESP_ERR_NO_ERROR ? answers.lazy.compactMap(\.error).first : KafkaError(code)
  }

  /// What the group has committed, in the order of `partitions`.
  func committed(
    _ partitions: [TopicPartition], within limit: Duration
  ) throws(KafkaError) -> [(offset: Int64?, metadata: String?)] {
    let list = PartitionList(partitions)
    let code = rd_kafka_committed(handle, list.pointer, Int32(limit.milliseconds))
    if let error = Self.error(code, list.elements) { throw error }
    return list.elements.map { element in
      element.offset >= 0 ? (element.offset, element.metadata) : (nil, nil)
    }
  }

  typealias Ends = (low: Int64, high: Int64)

  /// Two questions for all partitions, one after the other: librdkafka's own query asks both at once for each, and a
  /// small answer that follows another waits for its acknowledgement, 40 ms with the embedded broker.
  func ends(_ partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [TopicPartition: Ends] {
    let lows = try offsets(partitions, at: Int64(RD_KAFKA_OFFSET_BEGINNING), within: limit)
    let highs = try highs(partitions, within: limit)
    var ends: [TopicPartition: Ends] = [:]
    for (partition, low) in lows { if let high = highs[partition] { ends[partition] = (low, high) } }
    guard ends.count == Set(partitions).count else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT) }
    return ends
  }

  func highs(_ partitions: [TopicPartition], within limit: Duration) throws(KafkaError) -> [TopicPartition: Int64] {
    try offsets(partitions, at: Int64(RD_KAFKA_OFFSET_END), within: limit)
  }

  /// `time` in milliseconds, or one of the two names that Kafka has for the ends.
  private func offsets(
    _ partitions: [TopicPartition], at time: Int64, within limit: Duration
  ) throws(KafkaError) -> [TopicPartition: Int64] {
    guard !partitions.isEmpty else { return [:] }
    let list = PartitionList(capacity: partitions.count)
    // the time goes in where the offset comes out
    for partition in partitions { list.add(partition, offset: time) }
    let code = rd_kafka_offsets_for_times(handle, list.pointer, Int32(limit.milliseconds))
    if let error = Self.error(code, list.elements) { throw error }
    var offsets: [TopicPartition: Int64] = [:]
    for element in list.elements where element.offset >= 0 { offsets[element.partition] = element.offset }
    return offsets
  }

  /// The end as the last fetch knew it, without asking; nil before the first.
  func knownEnd(_ partition: TopicPartition) -> Int64? {
    var (low, high) = (Int64(0), Int64(0))
    let code = rd_kafka_get_watermark_offsets(handle, partition.topic, partition.partition, &low, &high)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
  }

  func offset(
    _ partition: TopicPartition, atTime milliseconds: Int64, within limit: Duration
  ) throws(KafkaError) -> Int64? {
    try offsets([partition], at: milliseconds, within: limit)[partition]
  }

  func metadata(of topic: String, within limit: Duration) throws(KafkaError) -> Handle.Metadata {
    try Handle.partitions(handle, of: topic, within: limit)
  }
}

internal import CRdKafka
internal import Glibc

/// An owned `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
  let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(capacity: Int = 16) {
    pointer = rd_kafka_topic_partition_list_new(Int32(capacity))
  }

  init(_ partitions: some Collection<TopicPartition>) {
    self.init(capacity: partitions.count)
    for partition in partitions { add(partition) }
  }

  deinit { rd_kafka_topic_partition_list_destroy(pointer) }

  var count: Int { Int(pointer.pointee.cnt) }

  func add(_ partition: TopicPartition, offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID), metadata: String = "") {
    guard let element = rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition) else { return }
    element.pointee.offset = offset
    let bytes = Array(metadata.utf8)
    // librdkafka frees it with the list, so it comes from malloc
    guard !bytes.isEmpty, let copy = malloc(bytes.count) else { return }
    bytes.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress { memcpy(copy, start, bytes.count) }
    }
    element.pointee.metadata = copy
    element.pointee.metadata_size = bytes.count
  }

  var elements: [Element] { Self.elements(pointer) }

  struct Element: Sendable {
    let partition: TopicPartition
    let offset: Int64
    let metadata: String?
    let error: KafkaError?
  }

  /// Reads a list that belongs to somebody else.
  static func elements(_ pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> [Element] {
    guard let list = pointer?.pointee, let elements = list.elems else { return [] }
    return (0..<Int(list.cnt)).compactMap { index in
      let element = elements[index]
      guard let topic = element.topic else { return nil }
      let metadata = element.metadata.map { start in
        String(decoding: UnsafeRawBufferPointer(start: start, count: element.metadata_size), as: UTF8.self)
      }
      return Element(
        partition: TopicPartition(topic: String(cString: topic), partition: element.partition),
        offset: element.offset, metadata: metadata,
        error: element.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(element.err))
    }
  }
}

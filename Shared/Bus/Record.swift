/// A record as it was read from a topic. Key and value may be absent: a record without a value is a tombstone.
package struct Record: Sendable, Equatable {
  package let topic: String
  package let partition: Int32
  package let offset: Int64
  /// Milliseconds since 1970, by the writer's or the broker's clock; -1 where the record has none.
  package let timestamp: Int64
  package let key: [UInt8]?
  package let value: [UInt8]?
  package let headers: [Header]

  package init(
    topic: String, partition: Int32, offset: Int64, timestamp: Int64, key: [UInt8]?, value: [UInt8]?,
    headers: [Header]
  ) {
    self.topic = topic
    self.partition = partition
    self.offset = offset
    self.timestamp = timestamp
    self.key = key
    self.value = value
    self.headers = headers
  }

  package var source: TopicPartition { TopicPartition(topic: topic, partition: partition) }
}

/// One partition of one topic: the unit in which Kafka keeps order and hands out work.
package struct TopicPartition: Hashable, Sendable, CustomStringConvertible {
  package let topic: String
  package let partition: Int32

  package init(topic: String, partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  package var description: String { "\(topic)/\(partition)" }
}

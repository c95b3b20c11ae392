/// A partition that was just given to this consumer, with what its group has committed for it.
package struct Assignment: Sendable, Equatable {
  package let partition: TopicPartition
  /// Rises with every assignment of this consumer, so that work of an earlier one is told apart.
  package let epoch: Int
  package let committed: Int64?
  package let metadata: String?

  package init(partition: TopicPartition, epoch: Int, committed: Int64?, metadata: String?) {
    self.partition = partition
    self.epoch = epoch
    self.committed = committed
    self.metadata = metadata
  }
}

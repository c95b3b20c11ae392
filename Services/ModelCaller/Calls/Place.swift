/// Where a command stands: the offset that is finished when its outcome is acknowledged.
package struct Place: Hashable, Sendable {
  package let partition: Int32
  /// Of the assignment under which it was read; work of an earlier one finishes nothing.
  package let generation: Int
  package let offset: Int64

  package init(partition: Int32, generation: Int, offset: Int64) {
    self.partition = partition
    self.generation = generation
    self.offset = offset
  }
}

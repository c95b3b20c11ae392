package import Bus

/// How a folder reads beside its own consumer: a consumer of partitions that are handed out, without a group, which is
/// ended when it has read what it was made for.
package struct Aside: Sendable {
  package let begin: @Sendable ([TopicPartition], @escaping @Sendable () -> any Receiver) throws -> Consumer
  package let end: @Sendable (Consumer) -> Void

  package init(
    begin: @escaping @Sendable ([TopicPartition], @escaping @Sendable () -> any Receiver) throws -> Consumer,
    end: @escaping @Sendable (Consumer) -> Void
  ) {
    self.begin = begin
    self.end = end
  }
}

/// Who is told what a consumer reads. Everything is told on the consumer's own thread, one thing after the other, so a
/// receiver needs no locks; what takes long is done elsewhere and comes back by `Consumer.perform`.
package protocol Receiver: AnyObject {
  /// Partitions came in; no record of theirs has been read yet. Answers where to start; what is missing starts at
  /// `.committed`.
  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt]

  /// Partitions go. They are still held, so their offsets may be committed (`commitNow`), unless they are lost: then
  /// somebody else may have them already.
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer)

  func received(_ record: Record, _ consumer: Consumer)

  /// The partition was read to its end, and `offset` comes next although the record before it was not read last: what
  /// stands between is none to be read (the marks of foreign transactions).
  func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer)

  /// What stood at `offset` is gone before it was read. It has been logged and counted; the answer says where to go on.
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt

  /// Called after each burst of records or commands, and when the time that it last answered is over. Answers how soon
  /// it wants to be called again at the latest; nil: only when something happens.
  func turn(_ consumer: Consumer) -> Duration?
}

extension Receiver {
  package func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) {}
}

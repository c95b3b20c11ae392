internal import Bus

/// What a committed offset says: where to fold from, and up to where all outputs are acknowledged.
///
/// The offset itself never passes the first record of an open subject. The second offset does: everything before it has
/// all its outputs acknowledged, so whoever folds again sends nothing for what ended before it.
package struct Progress: Sendable, Equatable {
  /// The first offset that must be folded again.
  package let committed: Int64
  /// Everything before it has all its outputs acknowledged.
  package let acknowledged: Int64
  /// The timestamp of the record at or just before `committed`, from which the time window before it is found.
  package let timestamp: Int64
  /// Marks of subjects that are opened between the two offsets and were known before: of every other that is opened there
  /// nothing stands before `committed`. nil: nobody can tell.
  package let reopened: Set<UInt32>?

  package init(committed: Int64, acknowledged: Int64, timestamp: Int64, reopened: Set<UInt32>? = nil) {
    self.committed = committed
    self.acknowledged = acknowledged
    self.timestamp = timestamp
    self.reopened = reopened
  }

  /// The text that goes with the commit: a version, the two numbers, the marks.
  package var metadata: String {
    let marks = reopened.map { $0.sorted().map { String($0, radix: 16) }.joined(separator: ",") } ?? "*"
    return "2;\(acknowledged);\(timestamp);\(marks)"
  }

  /// What stands for a subject beside an offset. Two may share one: then more waits than must.
  package static func mark(_ subject: String) -> UInt32 {
    UInt32(Partitioner.murmur2(Array(subject.utf8), partitions: .max))
  }

  /// Foreign or damaged metadata is no progress beyond the offset: more is folded and sent again, nothing is lost.
  package init(committed: Int64, metadata: String?) {
    let parts = (metadata ?? "").split(separator: ";", omittingEmptySubsequences: false)
    if parts.count == 4, parts[0] == "2", let acknowledged = Int64(parts[1]), let timestamp = Int64(parts[2]),
      acknowledged >= committed
    {
      self.init(
        committed: committed, acknowledged: acknowledged, timestamp: timestamp, reopened: Self.marks(parts[3]))
    } else {
      self.init(committed: committed, acknowledged: committed, timestamp: 0)
    }
  }

  private static func marks(_ text: Substring) -> Set<UInt32>? {
    let parts = text.split(separator: ",")
    let marks = parts.compactMap { UInt32($0, radix: 16) }
    return marks.count == parts.count ? Set(marks) : nil
  }
}

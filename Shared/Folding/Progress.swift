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

  package init(committed: Int64, acknowledged: Int64, timestamp: Int64) {
    self.committed = committed
    self.acknowledged = acknowledged
    self.timestamp = timestamp
  }

  /// The text that goes with the commit: a version, then the two numbers.
  package var metadata: String { "1;\(acknowledged);\(timestamp)" }

  /// Foreign or damaged metadata is no progress beyond the offset: more is folded and sent again, nothing is lost.
  package init(committed: Int64, metadata: String?) {
    let parts = (metadata ?? "").split(separator: ";", omittingEmptySubsequences: false)
    if parts.count == 3, parts[0] == "1", let acknowledged = Int64(parts[1]), let timestamp = Int64(parts[2]),
      acknowledged >= committed
    {
      self.init(committed: committed, acknowledged: acknowledged, timestamp: timestamp)
    } else {
      self.init(committed: committed, acknowledged: committed, timestamp: 0)
    }
  }
}

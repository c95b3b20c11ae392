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
  /// How many subjects were open when everything before `acknowledged`, and perhaps more, was folded; nil: nobody knows.
  package let open: Int?

  package init(committed: Int64, acknowledged: Int64, timestamp: Int64, open: Int? = nil) {
    self.committed = committed
    self.acknowledged = acknowledged
    self.timestamp = timestamp
    self.open = open
  }

  /// The text that goes with the commit: a version, then the three numbers.
  package var metadata: String { "2;\(acknowledged);\(timestamp);\(open.map { "\($0)" } ?? "")" }

  /// What the version before wrote says nothing of what was open. Foreign or damaged metadata is no progress beyond the offset: more is folded and sent again, nothing is lost.
  package init(committed: Int64, metadata: String?) {
    let parts = (metadata ?? "").split(separator: ";", omittingEmptySubsequences: false)
    let isKnown = parts[0] == "2" && parts.count == 4 || parts[0] == "1" && parts.count == 3
    if isKnown, let acknowledged = Int64(parts[1]), let timestamp = Int64(parts[2]), acknowledged >= committed {
      let open = parts.count == 4 ? Int(parts[3]) : nil
      self.init(committed: committed, acknowledged: acknowledged, timestamp: timestamp, open: open.map { max(0, $0) })
    } else {
      self.init(committed: committed, acknowledged: committed, timestamp: 0)
    }
  }
}

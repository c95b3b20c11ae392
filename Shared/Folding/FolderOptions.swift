/// How a folder behaves.
package struct FolderOptions: Sendable {
  /// The consumer group, for dead letters.
  package var group: String
  package var limits = FoldLimits()
  /// Embedded: there the partition's beginning is at most 5 MiB away and the broker cannot find a time.
  package var startsAtBeginning: Bool
  package var recordBytes: Int
  /// At most one commit in this time, and one under way.
  package var commitMilliseconds: Int64 = 50
  /// Outputs under way or waiting at which reading stops.
  package var pendingMaximum = 20_000
  /// The same in bytes that the producer holds.
  package var pendingBytesMaximum = 64 << 20

  package init(group: String, startsAtBeginning: Bool, recordBytes: Int) {
    self.group = group
    self.startsAtBeginning = startsAtBeginning
    self.recordBytes = recordBytes
  }
}

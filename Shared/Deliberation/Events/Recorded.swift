/// An event as it stands in the log.
package struct Recorded: Sendable, Equatable {
  /// `ce_id`: the first record of an id is the fact, all others of that id are copies.
  package let id: String
  package let type: String
  /// The deliberation.
  package let subject: String
  package let time: Moment
  /// Nil where the type is unknown.
  package let event: Event?
  /// SHA-256 of the value's bytes as they stand on the topic; only the aggregator's digest needs it, others may pass
  /// nothing.
  package let valueHash: [UInt8]

  package init(id: String, type: String, subject: String, time: Moment, event: Event?, valueHash: [UInt8] = []) {
    self.id = id
    self.type = type
    self.subject = subject
    self.time = time
    self.event = event
    self.valueHash = valueHash
  }
}

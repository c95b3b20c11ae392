package import Bus
package import Deliberation

/// A record of `events`, read as far as it can be. By this rule a record is a fact to everyone who folds the log or to
/// nobody: what cannot be read is a dead letter to those who decide, and no digest counts it.
package struct ReadEvent: Sendable {
  /// Also of some that cannot be read: it says whose record that would be.
  package let envelope: Envelope?
  /// No event where its type is known to nobody, which is no reason not to count it.
  package let event: Result<Event?, Unreadable>

  /// `partitions`: how many the topic has, where that is known.
  package init(_ record: Record, partitions: Int32?) {
    do throws(Unreadable) {
      let read = try FoldRecord(record, partitions: partitions)
      envelope = read.envelope
      event = Self.event(read)
    } catch {
      envelope = try? Envelope(record.headers)
      event = .failure(error)
    }
  }

  private static func event(_ record: FoldRecord) -> Result<Event?, Unreadable> {
    do throws(EventError) {
      return .success(try Event.parse(type: record.type, id: record.id, value: record.value))
    } catch {
      return .failure(Unreadable("\(record.type): \(error.description)"))
    }
  }
}

package import Bus
package import Deliberation

/// A record of the log whose envelope could be read: what a decider folds.
package struct FoldRecord: Sendable {
  /// As it stands on the topic.
  package let raw: Record
  private let parts: EnvelopeParts
  package let id: String
  package let type: String
  /// Nil where the type is none of ours.
  package let name: Event.Name?
  /// Whose record it is: all records with one subject are folded into one state.
  package let subject: String
  package let value: [UInt8]
  package let traceparent: String?

  package var envelope: Envelope { Envelope(parts) }
  /// When its writer says that it was written.
  package var time: Moment { parts[.time].flatMap { Moment(rfc3339: $0) } ?? Moment(milliseconds: raw.timestamp) }
  package var offset: Int64 { raw.offset }
  /// When the broker or the writer stamped it, in milliseconds since 1970.
  package var timestamp: Int64 { raw.timestamp }
}

/// Why a record cannot be folded; it goes to the dead letters with this reason.
package struct Unreadable: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

extension FoldRecord {
  /// Reads the envelope of a record of the log. All records of one deliberation stand on one partition because its id is
  /// their key; a record on another partition would be folded by nobody who knows the rest, so it is unreadable.
  package init(_ record: Record, partitions: Int32?) throws(Unreadable) {
    let parts: EnvelopeParts
    do { parts = try EnvelopeParts(record.headers) } catch { throw Unreadable("envelope: \(error)") }
    guard let subject = parts.text(.subject), let key = parts[.subject], !key.isEmpty else {
      throw Unreadable("envelope: ce_subject is missing; an event names its deliberation there")
    }
    guard let value = record.value else { throw Unreadable("value: absent; an event's value is its data") }
    if let partitions, Partitioner.murmur2(key, partitions: partitions) != record.partition {
      throw Unreadable("key: events of \(subject) belong on another partition; write them with the id as the key")
    }
    raw = record
    self.parts = parts
    id = parts.text(.id) ?? ""
    name = parts[.type].flatMap { Event.Name(type: $0) }
    type = name?.type ?? parts.text(.type) ?? ""
    traceparent = parts.text(.traceparent)
    self.subject = subject
    self.value = value
  }
}

internal import Bus
internal import Deliberation

/// Puts records into their envelopes.
struct Letters: Sendable {
  let topics: Topics
  let group: String
  let instance: String
  /// Of this life of the process: signals and pieces of text are unique by it.
  let incarnation: String
  let recordBytes: Int
  private var counter = 0

  static let source = "/conclave/model-caller"

  init(topics: Topics, group: String, instance: String, incarnation: String, recordBytes: Int) {
    self.topics = topics
    self.group = group
    self.instance = instance
    self.incarnation = incarnation
    self.recordBytes = recordBytes
  }

  mutating func outgoing(_ letter: Letter, now: Moment) -> Outgoing {
    switch letter {
    case .outcome(let event, let command):
      let envelope = Envelope(
        id: event.id, type: event.type, source: Self.source, instance: instance,
        subject: event.call.deliberation, time: now.rfc3339,
        traceparent: Trace.child(of: command.traceparent, subject: event.call.deliberation, id: event.id),
        correlation: command.correlation, causation: command.id)
      var record = Outgoing(
        topic: topics.events, key: Array(event.call.deliberation.utf8), value: event.value,
        headers: envelope.headers)
      record.step = Outgoing.Step(parent: CallSpan.tell(event, command) ?? Trace.span(of: command.traceparent))
      return record
    case .deltas(let record):
      return Outgoing(
        topic: topics.replies, partition: Int32(record.address.partition), key: nil, value: record.value,
        headers: nameless(DeltaRecord.type, now))
    case .signal(let signal):
      return Outgoing(
        topic: topics.signals, partition: 0, key: nil, value: signal.value, headers: nameless(signal.type, now))
    case .deadLetter(let record, let reason):
      return DeadLetter.record(for: record, reason: reason, group: group, topics: topics, limit: recordBytes)
    }
  }

  private mutating func nameless(_ type: String, _ now: Moment) -> [Header] {
    counter += 1
    return Envelope(
      id: "\(instance)/\(incarnation)/\(counter)", type: type, source: Self.source, instance: instance,
      time: now.rfc3339
    ).headers
  }
}

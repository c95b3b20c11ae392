/// One record that a decision wants written. It never changes, so all who hand it on share it.
package final class Output: Sendable, Equatable {
  package enum Destination: Sendable, Equatable {
    case events
    case calls(lane: String)
    case results
    case reply(partition: Int)
    case signals
  }

  package let destination: Destination
  /// Follows from what the record says, so that a decision made twice gives one id. On events, calls and results it is
  /// the `ce_id`; on replies and signals it serves only to send each once.
  package let id: String
  package let type: String
  package let subject: String?
  package let key: String?
  package let value: [UInt8]
  package let correlation: String?
  package let causation: String?
  /// Outputs of the same decision that must be acknowledged before this one goes out.
  package let after: [String]

  package init(
    destination: Destination, id: String, type: String, subject: String?, key: String?, value: [UInt8],
    correlation: String? = nil, causation: String? = nil, after: [String] = []
  ) {
    self.destination = destination
    self.id = id
    self.type = type
    self.subject = subject
    self.key = key
    self.value = value
    self.correlation = correlation
    self.causation = causation
    self.after = after
  }

  package static func == (left: Output, right: Output) -> Bool {
    left === right
      || left.id == right.id && left.type == right.type && left.destination == right.destination
        && left.subject == right.subject && left.key == right.key && left.value == right.value
        && left.correlation == right.correlation && left.causation == right.causation && left.after == right.after
  }

  /// An event about a deliberation.
  package static func event(
    _ event: Event, of deliberation: String, _ discriminator: some CustomStringConvertible, causation: String? = nil,
    after: [String] = []
  ) -> Output {
    Output(
      destination: .events, id: IDs.event(deliberation, event.name.rawValue, discriminator), type: event.type,
      subject: deliberation, key: deliberation, value: event.json.bytes, causation: causation, after: after)
  }
}

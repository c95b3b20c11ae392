internal import Bus
internal import Deliberation

extension Command {
  /// Reads a record of `calls.<lane>`. Nothing in it is trusted.
  static func read(_ record: Record) throws(CommandError) -> Command {
    guard let value = record.value else { throw .noValue }
    let envelope: Envelope
    do throws(EnvelopeError) {
      envelope = try Envelope(record.headers)
    } catch {
      throw .envelope("\(error)")
    }
    guard envelope.type == CallCommand.type else { throw .type(envelope.type) }
    return try Command(
      id: envelope.id, value: value, traceparent: envelope.traceparent, correlation: envelope.correlation)
  }
}

package import Bus
package import Deliberation
internal import Threads

/// Puts a service's envelope around what it writes.
package final class Sender: Sendable {
  private let source: String
  private let instance: String
  private let incarnation: String
  private let clock: @Sendable () -> Int64
  private let counter = Lock<UInt64>(0)

  /// `incarnation` tells this life of the process from earlier ones of the same name.
  package init(
    service: String, instance: String, incarnation: String = newIncarnation(),
    clock: @escaping @Sendable () -> Int64 = WallClock.now
  ) {
    source = "/conclave/\(service)"
    self.instance = instance
    self.incarnation = incarnation
    self.clock = clock
  }

  /// Eight random hexadecimal digits: the name of one life of a process.
  package static func newIncarnation() -> String {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// An id that is unique to this process, for records whose id nothing is derived from.
  package func uniqueID() -> String {
    let number = counter.withLock { count in
      count += 1
      return count
    }
    return "\(instance)/\(incarnation)/\(number)"
  }

  package func record(_ output: Output, topic: String, partition: Int32?, traceparent: String?) -> Outgoing {
    let isDerived: Bool
    switch output.destination {
    case .events, .calls, .results: isDerived = true
    case .reply, .signals: isDerived = false
    }
    let envelope = Envelope(
      id: isDerived ? output.id : uniqueID(), type: output.type, source: source, instance: instance,
      subject: output.subject, time: Moment(milliseconds: clock()).rfc3339,
      traceparent: Trace.child(of: traceparent, subject: output.subject, id: output.id),
      correlation: output.correlation, causation: output.causation)
    var record = Outgoing(
      topic: topic, partition: partition, key: output.key.map { Array($0.utf8) }, value: output.value,
      headers: envelope.headers)
    if envelope.traceparent != nil { record.step = Outgoing.Step(parent: Trace.span(of: traceparent)) }
    return record
  }
}

internal import Telemetry

/// The writing of a record as a span: from when it was handed over to when the brokers had it, under the id that the
/// record's own trace context carries, so that whatever is done because of it finds its parent.
enum Sending {
  typealias Acknowledged = @Sendable (Result<Position, BusError>) -> Void

  /// As `acknowledged`, which where traces are taken also tells how it went.
  static func traced(_ record: Outgoing, _ acknowledged: @escaping Acknowledged) -> Acknowledged {
    guard let step = record.step, Tracer.process.isOn else { return acknowledged }
    let start = Tracer.now()
    return { result in
      if case .success(let position) = result, let span = span(record, step, position, start: start) {
        Tracer.process.record(span)
      }
      acknowledged(result)
    }
  }

  static func span(_ record: Outgoing, _ step: Outgoing.Step, _ position: Position, start: Int64) -> Span? {
    guard let context = record.headers.text("traceparent"), let id = Trace.span(of: context),
      let trace = Trace.trace(of: context, subject: nil)
    else { return nil }
    var attributes: [(String, Span.Value)] = [
      ("messaging.system", .text("kafka")), ("messaging.operation.type", .text("send")),
      ("messaging.operation.name", .text("send")), ("messaging.destination.name", .text(record.topic)),
      ("messaging.destination.partition.id", .text("\(position.partition)")),
      ("messaging.kafka.offset", .whole(position.offset)),
      ("messaging.message.body.size", .whole(Int64(record.value?.count ?? 0))),
    ]
    for (name, header) in [
      ("messaging.message.id", "ce_id"), ("cloudevents.event_id", "ce_id"), ("cloudevents.event_type", "ce_type"),
      ("cloudevents.event_source", "ce_source"), ("cloudevents.event_subject", "ce_subject"),
      (GenAI.conversation, "ce_subject"),
    ] {
      if let text = record.headers.text(header) { attributes.append((name, .text(text))) }
    }
    return Span(
      trace: trace, id: id, parent: step.parent, name: "send \(record.topic)", kind: .producer, start: start,
      end: Tracer.now(), attributes: attributes)
  }
}

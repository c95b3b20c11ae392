internal import Bus
internal import Deliberation
internal import Telemetry

/// A model call as a span, with OpenTelemetry's names for generative AI: made because of its command, and what its outcome
/// was written because of.
enum CallSpan {
  static func id(_ event: OutcomeEvent) -> String { Trace.span("call\n\(event.id)") }

  /// Tells of the call where traces are taken and one was made; returns its id.
  static func tell(_ event: OutcomeEvent, _ command: Command) -> String? {
    guard Tracer.process.isOn, let span = span(event, command) else { return nil }
    Tracer.process.record(span)
    return span.id
  }

  static func span(_ event: OutcomeEvent, _ command: Command) -> Span? {
    guard let trace = Trace.trace(of: command.traceparent, subject: event.call.deliberation),
      let told = try? JSON.parse(event.value), told["cached"]?.bool != true, told["replayed"]?.bool != true,
      let started = time(told["started"]), let finished = time(told["finished"])
    else { return nil }
    let asked = told["model_asked"]?.string ?? command.modelAsked
    var attributes: [(String, Span.Value)] = [
      (GenAI.operation, .text("chat")), (GenAI.requestModel, .text(asked)),
      (GenAI.conversation, .text(event.call.deliberation)), ("conclave.call", .text(event.call.text)),
      ("conclave.purpose", .text(event.call.purpose.rawValue)),
    ]
    func add(_ name: String, _ value: Span.Value?) { if let value { attributes.append((name, value)) } }
    add(GenAI.provider, told["provider"]?.string.map { .text($0) })
    add(GenAI.responseModel, told["model"]?.string.map { .text($0) })
    add(GenAI.responseID, told["execution"]?.string.map { .text($0) })
    add(GenAI.finishReasons, told["finish_reason"]?.string.map { .texts([$0]) })
    add(GenAI.inputTokens, told["usage"]?["prompt_tokens"]?.int.map { .whole($0) })
    add(GenAI.outputTokens, told["usage"]?["completion_tokens"]?.int.map { .whole($0) })
    add("conclave.cost", told["cost"]?.number.map { .number($0) })
    add("conclave.tries", told["tries"]?.array.map { .whole(Int64($0.count)) })
    add("error.type", event.reason.map { .text($0.rawValue) })
    return Span(
      trace: trace, id: id(event), parent: Trace.span(of: command.traceparent), name: "chat \(asked)", kind: .client,
      start: started, end: finished, attributes: attributes, failure: event.reason?.rawValue)
  }

  private static func time(_ json: JSON?) -> Int64? {
    json?.string.flatMap { Moment(rfc3339: $0) }.map { $0.milliseconds * 1_000_000 }
  }
}

internal import Deliberation
internal import Telemetry

/// Spans as OTLP's JSON has them: ids in hexadecimal, 64-bit numbers as text.
enum OTLP {
  static func span(_ span: Span) -> JSON {
    var object: JSONObject = ["traceId": .string(span.trace), "spanId": .string(span.id)]
    object.append("parentSpanId", ifPresent: span.parent.map { .string($0) })
    object.append("name", .string(span.name))
    object.append("kind", .int(Int64(span.kind.rawValue)))
    object.append("startTimeUnixNano", .string("\(span.start)"))
    object.append("endTimeUnixNano", .string("\(max(span.start, span.end))"))
    object.append("attributes", .array(span.attributes.map(attribute)))
    if let failure = span.failure { object.append("status", ["code": 2, "message": .string(failure)]) }
    return .object(object)
  }

  static func attribute(_ name: String, _ value: Span.Value) -> JSON {
    ["key": .string(name), "value": self.value(value)]
  }

  private static func value(_ value: Span.Value) -> JSON {
    switch value {
    case .text(let text): ["stringValue": .string(text)]
    case .whole(let number): ["intValue": .string("\(number)")]
    case .number(let number): ["doubleValue": .double(number)]
    case .texts(let texts): ["arrayValue": ["values": .array(texts.map { ["stringValue": .string($0)] })]]
    }
  }
}

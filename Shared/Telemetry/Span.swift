/// Something that was done, when, and as a part of what: OpenTelemetry's span, as far as it is needed.
package struct Span: Sendable, Equatable {
  /// As OTLP numbers them.
  package enum Kind: Int, Sendable {
    case `internal` = 1, server, client, producer, consumer
  }

  package enum Value: Sendable, Equatable {
    case text(String)
    case whole(Int64)
    case number(Double)
    case texts([String])
  }

  package var trace: String
  package var id: String
  package var parent: String?
  package var name: String
  package var kind: Kind
  /// Nanoseconds since 1970.
  package var start: Int64
  package var end: Int64
  package var attributes: [(String, Value)] = []
  /// Why it failed; nil: it did not.
  package var failure: String?

  package init(
    trace: String, id: String, parent: String?, name: String, kind: Kind, start: Int64, end: Int64,
    attributes: [(String, Value)] = [], failure: String? = nil
  ) {
    self.trace = trace
    self.id = id
    self.parent = parent
    self.name = name
    self.kind = kind
    self.start = start
    self.end = end
    self.attributes = attributes
    self.failure = failure
  }

  package static func == (one: Span, other: Span) -> Bool {
    one.trace == other.trace && one.id == other.id && one.parent == other.parent && one.name == other.name
      && one.kind == other.kind && one.start == other.start && one.end == other.end && one.failure == other.failure
      && one.attributes.map(\.0) == other.attributes.map(\.0) && one.attributes.map(\.1) == other.attributes.map(\.1)
  }
}

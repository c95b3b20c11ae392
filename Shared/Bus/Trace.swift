internal import Hashing

/// Trace context, derived like every other id: a step done twice is one span.
package enum Trace {
  /// The context of what `id` names, in the trace of `parent`; without one, in the trace that the deliberation's id names.
  package static func child(of parent: String?, subject: String?, id: String) -> String? {
    guard var trace = trace(of: parent, subject: subject) else { return nil }
    var span = span(id)
    return trace.withUTF8 { trace in
      span.withUTF8 { span in
        String(unsafeUninitializedCapacity: 55) { buffer in
          // the signs around them: version, dashes, flags
          _ = buffer.update(fromContentsOf: "00-00000000000000000000000000000000-0000000000000000-01".utf8)
          _ = buffer[3...].update(fromContentsOf: trace)
          _ = buffer[36...].update(fromContentsOf: span)
          return 55
        }
      }
    }
  }

  /// The trace's id: the parent's, else the one that the deliberation's id names.
  package static func trace(of parent: String?, subject: String?) -> String? {
    if let parent, Envelope.isTraceparent(parent) { return part(parent, 3, 32) }
    return subject.map { Hex.text(SHA256.hash("trace\n\($0)")[..<16]) }
  }

  /// The context of `span`, in the trace of `first`: whatever trace the latter came in, what is done because of it stays
  /// in the trace that was begun.
  package static func joined(_ first: String?, span: String?) -> String? {
    if let first, let span, isSame(first, span), Envelope.isTraceparent(span) { return span }
    guard let first, Envelope.isTraceparent(first) else { return span }
    guard let span, Envelope.isTraceparent(span) else { return first }
    return "00-\(first.dropFirst(3).prefix(32))-\(span.dropFirst(36).prefix(16))-01"
  }

  /// Whether two contexts are of one trace.
  private static func isSame(_ first: String, _ second: String) -> Bool {
    var (first, second) = (first, second)
    return first.withUTF8 { first in second.withUTF8 { first.prefix(35).elementsEqual($0.prefix(35)) } }
  }

  /// The trace's id of a record, for logs; empty where it concerns no deliberation.
  package static func trace(_ headers: [Header]) -> String {
    trace(of: headers.text("traceparent"), subject: headers.text("ce_subject")) ?? ""
  }

  /// The span's id of what `id` names.
  package static func span(_ id: String) -> String {
    var hash = SHA256()
    hash.update("span\n")
    hash.update(id)
    return Hex.text(hash.finish()[..<8])
  }

  /// The id of the span that a context is of; nil where it is none.
  package static func span(of parent: String?) -> String? {
    guard let parent, Envelope.isTraceparent(parent) else { return nil }
    return part(parent, 36, 16)
  }

  private static func part(_ parent: String, _ start: Int, _ count: Int) -> String {
    var parent = parent
    return parent.withUTF8 { String(decoding: UnsafeBufferPointer(rebasing: $0[start..<start + count]), as: UTF8.self) }
  }
}

/// An envelope where it stands among a record's headers: held against its rules once, and each part built only for whoever
/// has use for it.
package struct EnvelopeParts: Sendable {
  package enum Part: Int, Sendable, CaseIterable {
    case version, id, type, source, time, instance, subject, traceparent, correlation, causation

    fileprivate init?(_ name: String) {
      // lengths tell nearly all names apart
      switch (name.utf8.count, name) {
      case (5, "ce_id"): self = .id
      case (7, "ce_type"): self = .type
      case (7, "ce_time"): self = .time
      case (9, "ce_source"): self = .source
      case (10, "ce_subject"): self = .subject
      case (11, "ce_instance"): self = .instance
      case (11, "traceparent"): self = .traceparent
      case (14, "ce_specversion"): self = .version
      case (14, "ce_causationid"): self = .causation
      case (16, "ce_correlationid"): self = .correlation
      default: return nil
      }
    }
  }

  private let headers: [Header]
  /// By part; -1 where it is not there.
  private var places = InlineArray<10, Int32>(repeating: -1)

  /// Of two headers with one name the first counts.
  package init(_ headers: [Header]) throws(EnvelopeError) {
    self.headers = headers
    for (place, header) in headers.enumerated() {
      guard let value = header.value, let part = Part(header.name), places[part.rawValue] < 0 else { continue }
      guard (try? UTF8Span(validating: value.span)) != nil else {
        // a broken trace is no reason to refuse a record: W3C says to begin a new one
        guard part == .traceparent else { throw .notText(header.name) }
        continue
      }
      places[part.rawValue] = Int32(place)
    }
    guard let version = self[.version] else { throw .missing("ce_specversion") }
    guard version.elementsEqual("1.0".utf8) else { throw .version(String((text(.version) ?? "").prefix(20))) }
    try require(.id, "ce_id")
    try require(.type, "ce_type")
    try require(.source, "ce_source")
    if let context = self[.traceparent], !context.withUnsafeBufferPointer({ Envelope.isTraceparent($0) }) {
      places[Part.traceparent.rawValue] = -1
    }
  }

  private func require(_ part: Part, _ name: String) throws(EnvelopeError) {
    if self[part]?.isEmpty ?? true { throw .missing(name) }
  }

  package subscript(part: Part) -> [UInt8]? {
    let place = Int(places[part.rawValue])
    return place < 0 ? nil : headers[place].value
  }

  package func text(_ part: Part) -> String? {
    // what has a place was validated before it got it
    self[part].map { String(copying: UTF8Span(unchecked: $0.span)) }
  }
}

/// The headers of a record: CloudEvents 1.0, Kafka binding, binary mode, and W3C trace context.
package struct Envelope: Sendable, Equatable {
  package var id: String
  package var type: String
  package var source: String
  package var instance: String?
  package var subject: String?
  /// RFC 3339; empty where the writer gave none (CloudEvents does not ask for it).
  package var time: String
  package var traceparent: String?
  package var correlation: String?
  package var causation: String?

  package init(
    id: String, type: String, source: String, instance: String? = nil, subject: String? = nil, time: String,
    traceparent: String? = nil, correlation: String? = nil, causation: String? = nil
  ) {
    self.id = id
    self.type = type
    self.source = source
    self.instance = instance
    self.subject = subject
    self.time = time
    self.traceparent = traceparent
    self.correlation = correlation
    self.causation = causation
  }

  /// Parses; of two headers with one name the first counts.
  package init(_ headers: [Header]) throws(EnvelopeError) {
    var version: String?
    var id: String?
    var type: String?
    var source: String?
    var time: String?
    for header in headers {
      guard let value = header.value else { continue }
      func read(_ text: inout String?) throws(EnvelopeError) {
        guard text == nil else { return }
        guard let read = Self.text(value) else { throw .notText(header.name) }
        text = read
      }
      switch header.name {
      case "ce_id": try read(&id)
      case "ce_type": try read(&type)
      case "ce_time": try read(&time)
      case "ce_source": try read(&source)
      case "ce_subject": try read(&subject)
      case "ce_instance": try read(&instance)
      case "ce_specversion": try read(&version)
      case "ce_causationid": try read(&causation)
      case "ce_correlationid": try read(&correlation)
      // a broken trace is no reason to refuse a record: W3C says to begin a new one
      case "traceparent": if traceparent == nil { traceparent = Self.text(value) }
      default: break
      }
    }
    func required(_ name: String, _ value: String?) throws(EnvelopeError) -> String {
      guard let value, !value.isEmpty else { throw .missing(name) }
      return value
    }
    guard let version else { throw .missing("ce_specversion") }
    guard version == "1.0" else { throw .version(String(version.prefix(20))) }
    self.id = try required("ce_id", id)
    self.type = try required("ce_type", type)
    self.source = try required("ce_source", source)
    self.time = time ?? ""
    if let context = traceparent, !Self.isTraceparent(context) { traceparent = nil }
  }

  private static func text(_ value: [UInt8]) -> String? {
    guard let text = try? UTF8Span(validating: value.span) else { return nil }
    return String(copying: text)
  }

  package var headers: [Header] {
    var headers: [Header] = []
    headers.reserveCapacity(11)
    func add(_ name: String, _ value: String?) { if let value { headers.append(Header(name, value)) } }
    add("ce_specversion", "1.0")
    add("ce_id", id)
    add("ce_type", type)
    add("ce_source", source)
    add("content-type", "application/json")
    add("ce_time", time.isEmpty ? nil : time)
    add("ce_instance", instance)
    add("ce_subject", subject)
    add("ce_correlationid", correlation)
    add("ce_causationid", causation)
    add("traceparent", traceparent)
    return headers
  }

  /// `version-trace-span-flags` in lower-case hex, neither id all zeros, version not ff.
  static func isTraceparent(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.count == 55, bytes[2] == 45, bytes[35] == 45, bytes[52] == 45 else { return false }
      /// All digits of a part in one, which stays 48 where they are nothing but zeros; nil where one is no digit.
      func digits(_ part: Range<Int>) -> UInt8? {
        var all: UInt8 = 0
        for place in part {
          let byte = bytes[place]
          guard byte &- 48 < 10 || byte &- 97 < 6 else { return nil }
          all |= byte
        }
        return all
      }
      guard digits(0..<2) != nil, let trace = digits(3..<35), let span = digits(36..<52), digits(53..<55) != nil else {
        return false
      }
      return !(bytes[0] == 102 && bytes[1] == 102) && trace != 48 && span != 48
    }
  }
}

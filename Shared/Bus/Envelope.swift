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
    var texts = [String?](repeating: nil, count: Self.names.count)
    for header in headers {
      guard let value = header.value, let index = Self.place(of: header.name), texts[index] == nil else {
        continue
      }
      guard let text = Self.text(value) else {
        // a broken trace is no reason to refuse a record: W3C says to begin a new one
        if index == Self.names.count - 1 { continue }
        throw .notText(header.name)
      }
      texts[index] = text
    }
    func required(_ index: Int) throws(EnvelopeError) -> String {
      guard let value = texts[index], !value.isEmpty else { throw .missing(Self.names[index]) }
      return value
    }
    guard let version = texts[0] else { throw .missing(Self.names[0]) }
    guard version == "1.0" else { throw .version(String(version.prefix(20))) }
    id = try required(1)
    type = try required(2)
    source = try required(3)
    instance = texts[4]
    subject = texts[5]
    time = texts[6] ?? ""
    correlation = texts[7]
    causation = texts[8]
    traceparent = texts[9].flatMap { Self.isTraceparent($0) ? $0 : nil }
  }

  private static func text(_ value: [UInt8]) -> String? {
    guard let text = try? UTF8Span(validating: value.span) else { return nil }
    return String(copying: text)
  }

  private static func place(of name: String) -> Int? {
    let length = name.utf8.count
    return names.firstIndex { $0.utf8.count == length && $0 == name }
  }

  private static let names = [
    "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_instance", "ce_subject", "ce_time", "ce_correlationid",
    "ce_causationid", "traceparent",
  ]

  package var headers: [Header] {
    var headers = [
      Header("ce_specversion", "1.0"), Header("ce_id", id), Header("ce_type", type), Header("ce_source", source),
      Header("content-type", "application/json"),
    ]
    if !time.isEmpty { headers.append(Header("ce_time", time)) }
    let optional = [
      ("ce_instance", instance), ("ce_subject", subject), ("ce_correlationid", correlation),
      ("ce_causationid", causation), ("traceparent", traceparent),
    ]
    for case (let name, let value?) in optional { headers.append(Header(name, value)) }
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

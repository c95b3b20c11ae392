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
  package init(_ headers: [Header]) throws(EnvelopeError) { self.init(try EnvelopeParts(headers)) }

  package init(_ parts: EnvelopeParts) {
    id = parts.text(.id) ?? ""
    type = parts.text(.type) ?? ""
    source = parts.text(.source) ?? ""
    instance = parts.text(.instance)
    subject = parts.text(.subject)
    time = parts.text(.time) ?? ""
    traceparent = parts.text(.traceparent)
    correlation = parts.text(.correlation)
    causation = parts.text(.causation)
  }

  // the same in every record
  private static let version = Header("ce_specversion", "1.0")
  private static let content = Header("content-type", "application/json")

  package var headers: [Header] {
    var headers: [Header] = []
    headers.reserveCapacity(11)
    func add(_ name: String, _ value: String?) { if let value { headers.append(Header(name, value)) } }
    headers.append(Self.version)
    add("ce_id", id)
    add("ce_type", type)
    add("ce_source", source)
    headers.append(Self.content)
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
    return text.withUTF8 { isTraceparent($0) }
  }

  static func isTraceparent(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count == 55, bytes[2] == 45, bytes[35] == 45, bytes[52] == 45,
      let base = UnsafeRawPointer(bytes.baseAddress)
    else { return false }
    /// Eight digits at a time: what they have besides zeros; nil where one is no digit.
    func digits(_ start: Int, words: Int) -> UInt64? {
      let ones: UInt64 = 0x0101_0101_0101_0101
      var all: UInt64 = 0
      for index in 0..<words {
        let word = base.loadUnaligned(fromByteOffset: start + 8 * index, as: UInt64.self)
        guard word & ones << 7 == 0 else { return nil }
        // the highest bit of a byte says that it is at least, or more than, what was added up to there
        let decimal = (word &+ ones &* 0x50) & ~(word &+ ones &* 0x46)
        let letter = (word &+ ones &* 0x1F) & ~(word &+ ones &* 0x19)
        guard (decimal | letter) & ones << 7 == ones << 7 else { return nil }
        all |= word ^ ones &* 0x30
      }
      return all
    }
    func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 || byte &- 97 < 6 }
    guard isDigit(bytes[0]), isDigit(bytes[1]), isDigit(bytes[53]), isDigit(bytes[54]), let trace = digits(3, words: 4),
      let span = digits(36, words: 2)
    else { return false }
    return !(bytes[0] == 102 && bytes[1] == 102) && trace != 0 && span != 0
  }
}

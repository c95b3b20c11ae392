internal import Bus
internal import Deliberation

/// One record as it stands on a topic, reduced to what the rules ask about: a long run's log would not fit otherwise.
struct Entry: Sendable {
  enum Place: String, Sendable, CaseIterable { case events, results, calls, deadLetters = "dead-letters" }

  let place: Place
  let partition: Int32
  let offset: Int64
  /// When it was written, in milliseconds since 1970: the record's own time, or its envelope's where that has none.
  let at: Int64
  let id: String
  /// The type without its prefix and version: `deliberation.completed`.
  let name: String
  let source: String
  let instance: String
  let subject: String
  let causation: String?
  /// SHA-256 of the value's bytes as they stand on the topic.
  let hash: String
  let matter: Matter

  init(
    place: Place, partition: Int32, offset: Int64, at: Int64, id: String, name: String, source: String = "",
    instance: String = "", subject: String, causation: String? = nil, hash: String, matter: Matter
  ) {
    self.place = place
    self.partition = partition
    self.offset = offset
    self.at = at
    self.id = id
    self.name = name
    self.source = source
    self.instance = instance
    self.subject = subject
    self.causation = causation
    self.hash = hash
    self.matter = matter
  }

  /// Whether it ends its deliberation. A rejection does so only where nothing was requested before: `Story` knows.
  var isTerminal: Bool {
    ["deliberation.completed", "deliberation.failed", "deliberation.cancelled"].contains(name)
  }

  var isOutcome: Bool { name == "call.completed" || name == "call.failed" }
}

extension Entry {
  /// What a reader makes of a record; a record that has no readable envelope or value is `unreadable`.
  init(_ record: Record, place: Place) {
    let value = record.value ?? []
    let hash = SHA256.hex(value)
    let envelope = try? Envelope(record.headers)
    let json = try? JSON.parse(value)
    let name = envelope.map { Self.name($0.type) } ?? ""
    let earliest: Int64 = 1_000_000_000_000
    let written = envelope.flatMap { Moment(rfc3339: $0.time) }?.milliseconds ?? 0
    self.init(
      place: place, partition: record.partition, offset: record.offset,
      // the embedded broker's own time is a constant near 1970
      at: record.timestamp > earliest ? record.timestamp : written,
      id: envelope?.id ?? "", name: name, source: envelope?.source ?? "", instance: envelope?.instance ?? "",
      subject: envelope?.subject ?? "", causation: envelope?.causation, hash: hash,
      matter: place == .deadLetters
        ? .none : json.map { Matter(name: name, $0) } ?? .unreadable("partition \(record.partition), \(record.offset)"))
  }

  static func name(_ type: String) -> String {
    guard type.hasPrefix("conclave."), let dot = type.lastIndex(of: ".") else { return type }
    return String(type[..<dot].dropFirst("conclave.".count))
  }
}

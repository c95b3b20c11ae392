internal import Bus
internal import Deliberation
internal import Folding

/// A record of `events` or `requests*`, read as far as it can be: everything that needs no database has been done.
struct Entry: Sendable {
  enum Content: Sendable {
    /// Of an unknown type where there is no event: kept, and counted in digests.
    case event(Event?)
    case ask(WaitingAsk)
    case unreadable(String)
  }

  let topic: String
  let partition: Int32
  let offset: Int64
  /// The record's time, or its envelope's where it has none, in milliseconds since 1970.
  let at: Int64
  let subject: String
  let id: String
  let type: String
  let key: [UInt8]?
  let headers: [UInt8]
  let value: [UInt8]?
  let hash: [UInt8]
  /// Over everything that the record brought along; what the seal of its row is made from.
  let seal: [UInt8]
  let traceparent: String?
  let content: Content

  /// What counts against the queue's bound.
  var size: Int { (value?.count ?? 0) + headers.count + 300 }
}

/// An ask that nobody has taken in yet.
struct WaitingAsk: Sendable, Equatable {
  let deliberation: String
  let discriminator: String
  let tenant: String
}

extension Entry {
  /// The embedded broker's own time is a constant near 1970; a time before this is none.
  private static let earliest: Int64 = 1_000_000_000_000

  /// `partitions`: how many the topic has; a record on another than its deliberation's is nobody's.
  init(event record: Record, partitions: Int32?) {
    let read = ReadEvent(record, partitions: partitions)
    let content: Content =
      switch read.event {
      case .success(let event): .event(event)
      case .failure(let why): .unreadable(why.description)
      }
    self.init(record, read.envelope, content, subject: read.envelope?.subject ?? "")
  }

  init(ask record: Record) {
    let envelope = try? Envelope(record.headers)
    // as intake does: what is none it writes to the dead letters, and nobody waits for it
    guard record.headers.text("ce_type") == Intake.askType, let json = record.value.flatMap({ try? JSON.parse($0) })
    else {
      self.init(record, envelope, .unreadable("no ask; intake writes it to the dead letters"), subject: "")
      return
    }
    let source = record.headers.text("ce_source") ?? ""
    let id =
      record.headers.text("ce_id")
      ?? IDs.position(topic: record.topic, partition: Int(record.partition), offset: record.offset)
    let subject = record.headers.text("ce_subject").flatMap { IDs.isUsable($0) ? $0 : nil }
    let deliberation = subject ?? IDs.deliberation(source: source, id: id)
    let ask = WaitingAsk(
      deliberation: deliberation, discriminator: IDs.discriminator(source: source, id: id),
      tenant: json["tenant"]?.string ?? "default")
    self.init(record, envelope, .ask(ask), subject: deliberation)
  }

  private init(_ record: Record, _ envelope: Envelope?, _ content: Content, subject: String) {
    let written = envelope.flatMap { Moment(rfc3339: $0.time) }?.milliseconds
    topic = record.topic
    partition = record.partition
    offset = record.offset
    at = record.timestamp > Self.earliest ? record.timestamp : written ?? max(0, record.timestamp)
    self.subject = subject
    id = envelope?.id ?? ""
    type = envelope?.type ?? ""
    key = record.key
    headers = HeaderBytes.encode(record.headers)
    value = record.value
    hash = SHA256.hash(record.value ?? [])
    seal = Seal.record(
      topic: topic, partition: partition, offset: offset, at: at, subject: subject, id: id, type: type, key: key,
      headers: headers, hash: hash)
    traceparent = envelope?.traceparent
    self.content = content
  }
}

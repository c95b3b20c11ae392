internal import Deliberation
internal import Store

/// Writes batches of records: the rows, what follows from them, and the offsets in one transaction, so that a crash
/// neither loses nor doubles one.
final class Writer {
  /// What one batch did, for whoever follows.
  struct Written: Sendable, Equatable {
    var events = 0
    var repeats = 0
    var changed = 0
    var unreadable = 0
    var stale = 0
    var lastSeq: Int64 = 0
    var gaps: [Gap] = []
    /// Rows whose content was erased, and must go from the search as well.
    var erased: [Int64] = []
  }

  struct Gap: Sendable, Equatable {
    let topic: String
    let partition: Int32
    let from: Int64
    let to: Int64
  }

  struct Place: Hashable {
    let topic: String
    let partition: Int32
  }

  let database: Database
  let log: Int64
  private let events: String
  /// Whether asks are kept whole, to be put on a new broker's topics.
  private let keepsAsks: Bool
  private let statements: Statements
  private var projector: Projector
  private var known = KnownSubjects()
  private var positions: [Place: Int64]
  private var seq: Int64
  /// Whether erased text may still stand in the write-ahead log, or in the file because that was not written back yet.
  private(set) var scrubIsDue = true
  private(set) var scrubFailure: StoreError?
  /// How long others may hold up a scrub, and a scrub those who write.
  private static let scrubPatience = Duration.milliseconds(20)

  /// `log`: the number of this life of the bus. `events`: the topic's name.
  init(_ database: Database, log: Int64, events: String, keepsAsks: Bool) throws(StoreError) {
    self.database = database
    self.log = log
    self.events = events
    self.keepsAsks = keepsAsks
    statements = Statements(database)
    projector = Projector(statements: statements)
    positions = try Self.positions(database, log: log)
    seq = try database.number("SELECT coalesce(max(seq), 0) FROM events") ?? 0
    // whoever wrote before may have been killed between the erasing and the scrub
    scrub()
  }

  /// Where each partition is read on from.
  static func positions(_ database: Database, log: Int64) throws(StoreError) -> [Place: Int64] {
    let rows = try database.prepare("SELECT topic, partition, next FROM offsets WHERE log = ?").rows([.int(log)]) {
      (Place(topic: $0.text(0), partition: Int32(truncatingIfNeeded: $0.int(1))), $0.int(2))
    }
    return Dictionary(rows) { _, last in last }
  }

  func write(_ batch: [Entry]) throws(StoreError) -> Written {
    let written = try rows(batch)
    if !written.erased.isEmpty { scrubIsDue = true }
    scrub()
    return written
  }

  /// Tried after every batch until nobody is in the way.
  func scrub() {
    guard scrubIsDue else { return }
    do throws(StoreError) {
      scrubIsDue = try !database.checkpoint(patience: Self.scrubPatience)
      scrubFailure = nil
    } catch { scrubFailure = error }
  }

  private func rows(_ batch: [Entry]) throws(StoreError) -> Written {
    let before = (positions, seq)
    do {
      return try database.transaction { () throws(StoreError) in
        var written = Written()
        var moved: Set<Place> = []
        for entry in batch {
          let place = Place(topic: entry.topic, partition: entry.partition)
          let next = positions[place]
          // what was fetched twice is one record
          if let next, entry.offset < next {
            written.stale += 1
            continue
          }
          if entry.topic == events, entry.offset > next ?? 0 {
            written.gaps.append(Gap(topic: entry.topic, partition: entry.partition, from: next ?? 0, to: entry.offset))
          }
          if next == nil {
            // where the log begins for us: what is missing before it was gone already, what is missing behind it is not
            try statements("INSERT OR IGNORE INTO offsets VALUES(?, ?, ?, ?, ?)").run(
              .int(log), .text(place.topic), .int(Int64(place.partition)), .int(entry.offset), .int(entry.offset))
          }
          try take(entry, &written)
          positions[place] = entry.offset + 1
          moved.insert(place)
        }
        try projector.flush()
        for place in moved {
          try statements("UPDATE offsets SET next = ? WHERE log = ? AND topic = ? AND partition = ?").run(
            Value(positions[place]), .int(log), .text(place.topic), .int(Int64(place.partition)))
        }
        return written
      }
    } catch {
      (positions, seq) = before
      known.forgetAll()
      projector.sums = Sums()
      throw error
    }
  }

  private func take(_ entry: Entry, _ written: inout Written) throws(StoreError) {
    switch entry.content {
    case .ask(let ask): try take(ask, entry)
    case .unreadable(let why) where entry.topic != events:
      // intake says so on the dead letters; it waits for nothing
      _ = why
    case .unreadable(let why):
      // it takes no id: to those who decide it was never there
      let subject = try subject(entry.subject)
      try insert(entry, subject, .unreadable, why: why)
      known.keep(entry.subject, subject)
      written.events += 1
      written.unreadable += 1
    case .event(let event):
      var subject = try subject(entry.subject)
      let id = local(entry)
      let standing = Standing(entry.hash, first: subject.facts[id])
      try insert(entry, subject, standing, why: nil)
      if standing == .fact {
        subject.facts[id] = entry.hash
        if let event {
          try projector.apply(event, entry, &subject)
          if case .forgotten(let tombstone) = event {
            subject.isForgotten = true
            written.erased += try erase(subject.number, tombstone)
          }
        }
      } else {
        if standing == .repeat { written.repeats += 1 } else { written.changed += 1 }
        if let event { try projector.repeated(event, entry, subject) }
      }
      known.keep(entry.subject, subject)
      written.events += 1
    }
    written.lastSeq = seq
  }

  private func local(_ entry: Entry) -> String {
    entry.id.hasPrefix(entry.subject) ? String(entry.id.dropFirst(entry.subject.count)) : entry.id
  }

  private func insert(
    _ entry: Entry, _ subject: KnownSubject, _ standing: Standing, why: String?
  ) throws(StoreError) {
    var value = entry.value
    var isErased = false
    if subject.isForgotten, !entry.type.hasPrefix("conclave.deliberation.forgotten."), let whole = value {
      value = Redaction.redacted(whole)
      isErased = true
    }
    seq += 1
    try statements(
      """
      INSERT INTO events(seq, log, topic, partition, offset, at, subject, id, type, standing, why, key, headers, value,
        hash, erased, seal) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    ).run(
      .int(seq), .int(log), .text(entry.topic), .int(Int64(entry.partition)), .int(entry.offset), .int(entry.at),
      .int(subject.number), .text(entry.id), .text(entry.type), .int(standing.rawValue), Value(why), Value(entry.key),
      .bytes(entry.headers), Value(value), .bytes(entry.hash),
      .int((isErased ? Erasure.named : .none).rawValue),
      .bytes(Seal.row(seq, log: log, standing.rawValue, why: why, record: entry.seal)))
  }

  private func take(_ ask: WaitingAsk, _ entry: Entry) throws(StoreError) {
    // what became of it may have been read before it
    let subject = try subject(ask.deliberation)
    known.keep(ask.deliberation, subject)
    let became = ["requested", "rejected"].contains {
      subject.facts["/deliberation.\($0)/\(ask.discriminator)"] != nil
    }
    guard !became else { return }
    try statements("INSERT OR IGNORE INTO asks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
      .text(ask.deliberation), .text(ask.discriminator), .text(ask.tenant), .int(log), .text(entry.topic),
      .int(Int64(entry.partition)), .int(entry.offset), .int(entry.at), keepsAsks ? Value(entry.key) : .null,
      keepsAsks ? .bytes(entry.headers) : .null, keepsAsks ? Value(entry.value) : .null)
  }

  /// Erases what stands of a deliberation, and keeps the hashes. What came in while the tombstone was on its way is not
  /// named in it, and says so.
  private func erase(_ subject: Int64, _ tombstone: Forgotten) throws(StoreError) -> [Int64] {
    let named = Set(tombstone.hashes)
    let rows = try statements(
      """
      SELECT seq, value, hash FROM events
      WHERE subject = ? AND erased = 0 AND type NOT LIKE 'conclave.deliberation.forgotten.%'
      """
    ).rows([.int(subject)]) { ($0.int(0), $0.optionalBytes(1), $0.bytes(2)) }
    for (seq, value, hash) in rows {
      let erasure: Erasure = named.contains(Hex.text(hash)) ? .named : .late
      try statements("UPDATE events SET value = ?, erased = ? WHERE seq = ?").run(
        Value(value.map(Redaction.redacted)), .int(erasure.rawValue), .int(seq))
    }
    return rows.map(\.0)
  }

  /// What is known of a subject; asked from the file where it was not met lately, made where it is new.
  private func subject(_ id: String) throws(StoreError) -> KnownSubject {
    if let subject = known.take(id) { return subject }
    let number = try statements("SELECT number FROM subjects WHERE id = ?").rows([.text(id)]) { $0.int(0) }.first
    guard let number else {
      try statements("INSERT INTO subjects(id) VALUES(?)").run(.text(id))
      return KnownSubject(number: database.lastRow)
    }
    var subject = KnownSubject(number: number)
    let facts = try statements("SELECT id, hash, type FROM events WHERE subject = ? AND standing = ? ORDER BY seq")
      .rows([.int(number), .int(Standing.fact.rawValue)]) { ($0.text(0), $0.bytes(1), $0.text(2)) }
    for (full, hash, type) in facts {
      let local = full.hasPrefix(id) ? String(full.dropFirst(id.count)) : full
      subject.facts[local] = hash
      if Event.Name(type: type) == .forgotten { subject.isForgotten = true }
    }
    try subject.recall(id, statements)
    return subject
  }
}

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

  /// `log`: the number of this life of the bus. `events`: the topic's name.
  init(_ database: Database, log: Int64, events: String, keepsAsks: Bool) throws(StoreError) {
    self.database = database
    self.log = log
    self.events = events
    self.keepsAsks = keepsAsks
    statements = Statements(database)
    projector = Projector(statements: statements)
    positions = try Self.positions(database, log: log)
  }

  /// Where each partition is read on from.
  static func positions(_ database: Database, log: Int64) throws(StoreError) -> [Place: Int64] {
    let rows = try database.prepare("SELECT topic, partition, next FROM offsets WHERE log = ?").rows([.int(log)]) {
      (Place(topic: $0.text(0), partition: Int32(truncatingIfNeeded: $0.int(1))), $0.int(2))
    }
    return Dictionary(rows) { _, last in last }
  }

  func write(_ batch: [Entry]) throws(StoreError) -> Written {
    let before = positions
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
      positions = before
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
      var subject = try subject(entry.subject)
      try insert(entry, subject, .unreadable, why: why)
      // it counts as the first of its id, as it does in digests
      if !entry.id.isEmpty, !entry.subject.isEmpty, subject.facts[local(entry)] == nil {
        subject.facts[local(entry)] = entry.hash
      }
      known.keep(entry.subject, subject)
      written.events += 1
      written.unreadable += 1
    case .event(let event):
      var subject = try subject(entry.subject)
      let id = local(entry)
      if let first = subject.facts[id] {
        let isRepeat = first == entry.hash
        try insert(entry, subject, isRepeat ? .repeat : .changed, why: nil)
        if isRepeat { written.repeats += 1 } else { written.changed += 1 }
        if let event { try projector.repeated(event, entry, subject) }
      } else {
        subject.facts[id] = entry.hash
        try insert(entry, subject, .fact, why: nil)
        if let event {
          try projector.apply(event, entry, &subject)
          if case .forgotten = event {
            subject.isForgotten = true
            written.erased += try erase(subject.number)
          }
        }
      }
      known.keep(entry.subject, subject)
      written.events += 1
    }
    written.lastSeq = database.lastRow
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
    try statements(
      """
      INSERT INTO events(log, topic, partition, offset, at, subject, id, type, standing, why, key, headers, value, hash,
        erased) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    ).run(
      .int(log), .text(entry.topic), .int(Int64(entry.partition)), .int(entry.offset), .int(entry.at),
      .int(subject.number), .text(entry.id), .text(entry.type), .int(standing.rawValue), Value(why), Value(entry.key),
      .bytes(entry.headers), Value(value), .bytes(entry.hash), Value(isErased))
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

  /// Erases what stands of a deliberation, and keeps the hashes.
  private func erase(_ subject: Int64) throws(StoreError) -> [Int64] {
    let rows = try statements(
      "SELECT seq, value FROM events WHERE subject = ? AND erased = 0 AND type NOT LIKE 'conclave.deliberation.forgotten.%'"
    ).rows([.int(subject)]) { ($0.int(0), $0.optionalBytes(1)) }
    for (seq, value) in rows {
      try statements("UPDATE events SET value = ?, erased = 1 WHERE seq = ?").run(
        Value(value.map(Redaction.redacted)), .int(seq))
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
    let facts = try statements("SELECT id, hash, type FROM events WHERE subject = ? ORDER BY seq").rows([.int(number)])
    {
      ($0.text(0), $0.bytes(1), $0.text(2))
    }
    for (full, hash, type) in facts where !full.isEmpty {
      let local = full.hasPrefix(id) ? String(full.dropFirst(id.count)) : full
      if subject.facts[local] == nil { subject.facts[local] = hash }
      if Event.Name(type: type) == .forgotten { subject.isForgotten = true }
    }
    try subject.recall(id, statements)
    return subject
  }
}

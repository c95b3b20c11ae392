internal import Deliberation
internal import Store

extension Audit {
  /// Everything that is stored: each deliberation, and each partition from its first offset to its last.
  static func all(_ archive: Archive) throws(StoreError) -> Audit {
    var audit = Audit()
    try archive.database.run("BEGIN")
    defer { try? archive.database.run("ROLLBACK") }
    let begins = try beginnings(archive)
    for beginning in begins.values { audit.note(beginning) }
    var part: Part?
    let rows = try archive.database.prepare(
      """
      SELECT \(Archive.columns) FROM events e LEFT JOIN subjects s ON s.number = e.subject ORDER BY e.subject, e.seq
      """)
    var group: [AuditRecord] = []
    while try rows.step() {
      let row = Archive.row(rows)
      if let first = group.first, first.subject != row.subject {
        audit.check(group, from: part.flatMap { begins[$0] })
        group = []
      }
      if group.isEmpty { part = Part(row) }
      group.append(AuditRecord(row))
    }
    if !group.isEmpty { audit.check(group, from: part.flatMap { begins[$0] }) }
    try audit.partitions(archive)
    return audit
  }

  static func one(_ id: String, _ archive: Archive) throws(StoreError) -> Audit {
    var audit = Audit()
    let rows = try archive.rows(of: id)
    let begins = try beginnings(archive)
    audit.check(rows.map { AuditRecord($0) }, from: rows.first.flatMap { begins[Part($0)] })
    return audit
  }

  /// The partitions that had lost their oldest records when they were read for the first time.
  private static func beginnings(_ archive: Archive) throws(StoreError) -> [Part: Beginning] {
    let parts = try archive.database.prepare(
      "SELECT log, topic, partition, start FROM offsets WHERE topic LIKE '%events' AND start > 0"
    ).rows { (Part(log: $0.int(0), topic: $0.text(1), partition: $0.int(2)), $0.int(3)) }
    let begins = parts.compactMap { part, start in
      Beginning(place: part.name, offset: start).map { (part, $0) }
    }
    return Dictionary(begins) { first, _ in first }
  }

  private mutating func partitions(_ archive: Archive) throws(StoreError) {
    let parts = try archive.database.prepare(
      "SELECT log, topic, partition, start, next FROM offsets WHERE topic LIKE '%events' ORDER BY log, topic, partition"
    ).rows { (Part(log: $0.int(0), topic: $0.text(1), partition: $0.int(2)), $0.int(3), $0.int(4)) }
    for (part, start, next) in parts { try offsets(part, start, next, archive) }
    let known = Set(parts.map(\.0))
    let found = try archive.database.prepare(
      "SELECT log, topic, partition, count(*), min(offset) FROM events GROUP BY log, topic, partition"
    ).rows { (Part(log: $0.int(0), topic: $0.text(1), partition: $0.int(2)), $0.int(3), $0.int(4)) }
    for (part, count, first) in found where !known.contains(part) {
      let rows = count == 1 ? "a row" : "\(count) rows, the first"
      add(
        Finding(
          kind: .doubled, place: part.place(first), what: "\(rows) of a partition that was never read in that life"))
    }
  }

  private struct Part: Hashable {
    let log: Int64
    let topic: String
    let partition: Int64

    init(log: Int64, topic: String, partition: Int64) {
      self.log = log
      self.topic = topic
      self.partition = partition
    }

    init(_ row: Archive.Row) { self.init(log: row.log, topic: row.topic, partition: Int64(row.partition)) }

    var name: String { "\(topic)/\(partition)" + Archive.Row.life(log) }

    func place(_ offset: Int64) -> String { Archive.Row.place(topic, partition, offset, log: log) }
  }

  private mutating func offsets(
    _ part: Part, _ start: Int64, _ next: Int64, _ archive: Archive
  ) throws(StoreError) {
    let rows = try archive.database.prepare(
      "SELECT offset, subject FROM events WHERE log = ? AND topic = ? AND partition = ? ORDER BY offset, seq")
    rows.bind(1, part.log)
    rows.bind(2, part.topic)
    rows.bind(3, part.partition)
    var expected = start
    var last: (offset: Int64, subject: Int64)?
    while try rows.step() {
      let (offset, subject) = (rows.int(0), rows.int(1))
      let place = part.place(offset)
      if offset >= next {
        add(
          Finding(
            kind: .doubled, place: place, what: "a row at an offset that was never read: reading stands at \(next)"))
      } else if offset < start {
        add(
          Finding(
            kind: .doubled, place: place, what: "a row at an offset that was never read: reading began at \(start)"))
      }
      // two of one deliberation were named where that was gone through
      if let last, last.offset == offset, last.subject != subject {
        add(Finding(kind: .doubled, place: place, what: "stands twice, for two deliberations"))
      }
      last = (offset, subject)
      if offset > expected { gap(part, expected, offset) }
      expected = min(next, max(expected, offset + 1))
    }
    if expected < next { gap(part, expected, next) }
  }

  private mutating func gap(_ part: Part, _ from: Int64, _ next: Int64) {
    let offsets = next == from + 1 ? "offset \(from)" : "offsets \(from) to \(next - 1)"
    add(
      Finding(
        kind: .missing, place: part.place(from),
        what: "\(offsets) of partition \(part.partition) of \(part.topic) have no row"))
  }
}

extension AuditRecord {
  init(_ row: Archive.Row) {
    self.init(
      place: row.place, row: row.seq, subject: row.subject, id: row.id, type: row.type, key: row.key,
      headers: row.headers, value: row.value, hash: row.hash, erasure: row.erasure, standing: row.standing,
      isSealed: row.seal == row.sealed,
      unreadable: row.standing == .unreadable ? row.why ?? "it cannot be read" : nil)
  }
}

extension Archive.Row {
  /// Where on the log it stood.
  var place: String { Self.place(topic, Int64(partition), offset, log: log) }

  static func place(_ topic: String, _ partition: Int64, _ offset: Int64, log: Int64) -> String {
    "\(topic)/\(partition)/\(offset)" + life(log)
  }

  static func life(_ log: Int64) -> String { log > 1 ? " (life \(log) of the bus)" : "" }
}

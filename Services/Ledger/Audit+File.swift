internal import Deliberation
internal import Store

extension Audit {
  /// Everything that is stored: each deliberation, and each partition from its first offset to its last.
  static func all(_ archive: Archive) throws(StoreError) -> Audit {
    var audit = Audit()
    try archive.database.run("BEGIN")
    defer { try? archive.database.run("ROLLBACK") }
    let rows = try archive.database.prepare(
      """
      SELECT \(Archive.columns) FROM events e JOIN subjects s ON s.number = e.subject ORDER BY e.subject, e.seq
      """)
    var group: [AuditRecord] = []
    while try rows.step() {
      let row = AuditRecord(Archive.row(rows))
      if let first = group.first, first.subject != row.subject {
        audit.check(group)
        group = []
      }
      group.append(row)
    }
    if !group.isEmpty { audit.check(group) }
    try audit.partitions(archive)
    return audit
  }

  static func one(_ id: String, _ archive: Archive) throws(StoreError) -> Audit {
    var audit = Audit()
    audit.check(try archive.rows(of: id).map { AuditRecord($0) })
    return audit
  }

  private mutating func partitions(_ archive: Archive) throws(StoreError) {
    let parts = try archive.database.prepare(
      "SELECT log, topic, partition, start, next FROM offsets WHERE topic LIKE '%events' ORDER BY log, topic, partition"
    ).rows { ($0.int(0), $0.text(1), $0.int(2), $0.int(3), $0.int(4)) }
    for (log, topic, partition, start, next) in parts {
      let offsets = try archive.database.prepare(
        "SELECT offset FROM events WHERE log = ? AND topic = ? AND partition = ? ORDER BY offset")
      offsets.bind(1, log)
      offsets.bind(2, topic)
      offsets.bind(3, partition)
      var expected = start
      while try offsets.step() {
        let offset = offsets.int(0)
        if offset >= next {
          add(
            Finding(
              kind: .doubled, place: "\(topic)/\(partition)/\(offset)",
              what: "a row at an offset that was never read: reading stands at \(next)"))
        }
        if offset > expected { gap(topic, partition, expected, offset) }
        expected = min(next, max(expected, offset + 1))
      }
      if expected < next { gap(topic, partition, expected, next) }
    }
  }

  private mutating func gap(_ topic: String, _ partition: Int64, _ from: Int64, _ next: Int64) {
    let offsets = next == from + 1 ? "offset \(from)" : "offsets \(from) to \(next - 1)"
    add(
      Finding(
        kind: .missing, place: "\(topic)/\(partition)/\(from)",
        what: "\(offsets) of partition \(partition) of \(topic) have no row"))
  }
}

extension AuditRecord {
  init(_ row: Archive.Row) {
    self.init(
      place: row.place, row: row.seq, subject: row.subject, id: row.id, type: row.type, value: row.value,
      hash: row.hash,
      isErased: row.isErased, unreadable: row.standing == .unreadable ? row.why ?? "it cannot be read" : nil)
  }
}

extension Archive.Row {
  /// Where on the log it stood.
  var place: String { "\(topic)/\(partition)/\(offset)" + (log > 1 ? " (life \(log) of the bus)" : "") }
}

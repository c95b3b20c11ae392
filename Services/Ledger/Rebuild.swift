internal import Bus
internal import Deliberation
internal import Store

/// Throws away what follows from the stored records and makes it again from the first of them. What is forgotten stays
/// so: the record that says it is among them, and what it erased is not there any more.
enum Rebuild {
  struct Report: Equatable {
    var events = 0
    var deliberations: Int64 = 0
  }

  static func run(_ database: Database) throws(StoreError) -> Report {
    try database.transaction { () throws(StoreError) in try tables(database) }
  }

  /// The step of a schema after those that changed what follows from the records: whatever older programs made of them,
  /// and in whatever shape, it is made anew.
  static func afterwards(_ database: Database) throws(StoreError) { _ = try run(database) }

  /// Within a transaction.
  private static func tables(_ database: Database) throws(StoreError) -> Report {
    for table in Schema.projected { try database.run("DELETE FROM \(table)") }
    let statements = Statements(database)
    var projector = Projector(statements: statements)
    var known = KnownSubjects()
    var report = Report()
    let rows = try database.prepare(
      """
      SELECT s.id, e.topic, e.partition, e.offset, e.at, e.id, e.type, e.standing, e.headers, e.value, e.hash, s.number
      FROM events e JOIN subjects s ON s.number = e.subject ORDER BY e.seq
      """)
    while try rows.step() {
      report.events += 1
      guard let standing = Standing(rawValue: rows.int(7)), standing != .unreadable else { continue }
      let entry = Entry(stored: rows)
      guard case .event(let event?) = entry.content else { continue }
      var subject: KnownSubject
      if let met = known.take(entry.subject) {
        subject = met
      } else {
        subject = KnownSubject(number: rows.int(11))
        try subject.recall(entry.subject, statements)
      }
      if standing == .fact {
        try projector.apply(event, entry, &subject)
      } else {
        try projector.repeated(event, entry, subject)
      }
      known.keep(entry.subject, subject)
      if report.events % 10_000 == 0 { try projector.flush() }
    }
    try projector.flush()
    report.deliberations = try database.number("SELECT count(*) FROM deliberations") ?? 0
    return report
  }

  /// SHA-256 over every row that a rebuild makes, in the order of its keys.
  static func fingerprint(_ database: Database) throws(StoreError) -> String {
    var hash = SHA256()
    for table in Schema.projected {
      let keys = try database.prepare("SELECT name FROM pragma_table_info('\(table)') WHERE pk > 0 ORDER BY pk").rows {
        $0.text(0)
      }
      let rows = try database.prepare("SELECT * FROM \(table) ORDER BY \(keys.joined(separator: ", "))")
      while try rows.step() {
        var line = table
        for column in 0..<rows.columns {
          switch rows.value(Int32(column)) {
          case .null: line += "\u{1F}-"
          case .int(let number): line += "\u{1F}\(number)"
          case .text(let text): line += "\u{1F}\"\(text)"
          case .bytes(let bytes): line += "\u{1F}\(Hex.text(bytes))"
          }
        }
        hash.update(line + "\n")
      }
    }
    return Hex.text(hash.finish())
  }
}

extension Entry {
  /// From a row of `Rebuild`'s query.
  init(stored row: Statement) {
    subject = row.text(0)
    topic = row.text(1)
    partition = Int32(truncatingIfNeeded: row.int(2))
    offset = row.int(3)
    at = row.int(4)
    id = row.text(5)
    type = row.text(6)
    headers = row.bytes(8)
    value = row.optionalBytes(9)
    hash = row.bytes(10)
    seal = []
    key = nil
    traceparent = HeaderBytes.decode(headers).text("traceparent").flatMap { $0.utf8.count == 55 ? $0 : nil }
    let event = try? Event.parse(type: type, id: id, value: value ?? [])
    content = .event(event ?? nil)
  }
}

internal import Deliberation
internal import Store

/// Brings a file from before the seals to today's: what cannot be read takes nobody's place any more, and every row has
/// its seal. A step of the schema, which may be interrupted anywhere and is begun again then.
enum Sealing {
  private static let batch = 5_000

  static func run(_ database: Database) throws(StoreError) {
    try database.transaction { () throws(StoreError) in try stand(database) }
    let read = try database.prepare(
      """
      SELECT e.seq, e.log, e.topic, e.partition, e.offset, e.at, coalesce(s.id, ''), e.id, e.type, e.standing, e.why,
        e.key, e.headers, e.hash
      FROM events e LEFT JOIN subjects s ON s.number = e.subject WHERE e.seq > ? ORDER BY e.seq LIMIT \(batch)
      """)
    let write = try database.prepare("UPDATE events SET seal = ? WHERE seq = ?")
    var after: Int64 = 0
    while true {
      let seals = try read.rows([.int(after)]) { row in
        let record = Seal.record(
          topic: row.text(2), partition: Int32(truncatingIfNeeded: row.int(3)), offset: row.int(4), at: row.int(5),
          subject: row.text(6), id: row.text(7), type: row.text(8), key: row.optionalBytes(11),
          headers: row.bytes(12), hash: row.bytes(13))
        let seq = row.int(0)
        return (
          seq, Seal.row(seq, log: row.int(1), row.int(9), why: row.optionalText(10), record: record)
        )
      }
      guard let last = seals.last else { return }
      try database.transaction { () throws(StoreError) in
        for (seq, seal) in seals { try write.run(.bytes(seal), .int(seq)) }
      }
      after = last.0
    }
  }

  /// Earlier a record that cannot be read counted as the first of its id. A later step makes the tables that follow from it.
  private static func stand(_ database: Database) throws(StoreError) {
    let rows = try database.prepare(
      """
      SELECT seq, subject, id, hash, standing FROM events
      WHERE standing <> 3 AND subject IN (SELECT subject FROM events WHERE standing = 3) ORDER BY subject, seq
      """
    ).rows { ($0.int(0), $0.int(1), $0.text(2), $0.bytes(3), $0.int(4)) }
    let write = try database.prepare("UPDATE events SET standing = ? WHERE seq = ?")
    var facts: [String: [UInt8]] = [:]
    var subject: Int64?
    for (seq, owner, id, hash, stood) in rows {
      if owner != subject { (subject, facts) = (owner, [:]) }
      let standing = Standing(hash, first: facts[id])
      if standing == .fact { facts[id] = hash }
      guard standing.rawValue != stood else { continue }
      try write.run(.int(standing.rawValue), .int(seq))
    }
  }
}

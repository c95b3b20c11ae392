internal import Bus
internal import Deliberation
internal import Store

/// What the file is asked: one connection that only reads, with everything that can be asked of it.
final class Archive {
  let database: Database
  let statements: Statements
  private let path: String
  private var texts: Database?

  init(_ path: String) throws(StoreError) {
    self.path = path
    database = try Database(path, .read, patience: .seconds(2))
    statements = Statements(database)
  }

  /// A stored record, as it stood on its topic.
  struct Row: Sendable {
    let seq: Int64
    let log: Int64
    let topic: String
    let partition: Int32
    let offset: Int64
    let at: Int64
    let subject: String
    let id: String
    let type: String
    let standing: Standing
    let why: String?
    let headers: [UInt8]
    let value: [UInt8]?
    let hash: [UInt8]
    let isErased: Bool
    let key: [UInt8]?
  }

  static let columns = """
    e.seq, e.log, e.topic, e.partition, e.offset, e.at, s.id, e.id, e.type, e.standing, e.why, e.headers, e.value,
    e.hash, e.erased, e.key
    """

  static func row(_ row: Statement) -> Row {
    Row(
      seq: row.int(0), log: row.int(1), topic: row.text(2), partition: Int32(truncatingIfNeeded: row.int(3)),
      offset: row.int(4), at: row.int(5), subject: row.text(6), id: row.text(7), type: row.text(8),
      standing: Standing(rawValue: row.int(9)) ?? .unreadable, why: row.optionalText(10), headers: row.bytes(11),
      value: row.optionalBytes(12), hash: row.bytes(13), isErased: row.int(14) != 0, key: row.optionalBytes(15))
  }

  /// Everything that stands of one deliberation, in the order in which it was read.
  func rows(of id: String, after seq: Int64 = 0, most: Int = 100_000) throws(StoreError) -> [Row] {
    try statements(
      """
      SELECT \(Self.columns) FROM events e JOIN subjects s ON s.number = e.subject
      WHERE e.subject = (SELECT number FROM subjects WHERE id = ?) AND e.seq > ? ORDER BY e.seq LIMIT ?
      """
    ).rows([.text(id), .int(seq), Value(most)], Self.row)
  }

  /// Everything that stands, in the order in which it was read.
  func rows(after seq: Int64, most: Int) throws(StoreError) -> [Row] {
    try statements(
      """
      SELECT \(Self.columns) FROM events e JOIN subjects s ON s.number = e.subject WHERE e.seq > ? ORDER BY e.seq LIMIT ?
      """
    ).rows([.int(seq), Value(most)], Self.row)
  }

  /// The full text beside this file.
  func search() throws(StoreError) -> Database {
    if let texts { return texts }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let opened = try Database(SearchFile.path(data: folder), .read, patience: .seconds(2))
    texts = opened
    return opened
  }

  var lastSeq: Int64 {
    get throws(StoreError) { try statements("SELECT coalesce(max(seq), 0) FROM events").rows { $0.int(0) }.first ?? 0 }
  }

  /// The state of a deliberation as everyone folds it.
  func folded(_ id: String) throws(StoreError) -> Deliberation? {
    var state: Deliberation?
    for row in try rows(of: id) where row.standing != .unreadable {
      let event = try? Event.parse(type: row.type, id: row.id, value: row.value ?? [])
      let time = HeaderBytes.decode(row.headers).text("ce_time").flatMap { Moment(rfc3339: $0) }
      Deliberation.evolve(
        &state,
        Recorded(
          id: row.id, type: row.type, subject: id, time: time ?? Moment(milliseconds: row.at), event: event ?? nil,
          valueHash: row.hash))
    }
    return state
  }
}

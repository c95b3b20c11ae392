internal import Bus
internal import Deliberation
internal import Store

/// What the file is asked: one connection that only reads, with everything that can be asked of it.
final class Archive {
  let database: Database
  let statements: Statements
  private let path: String
  private var texts: (database: Database, file: FileIdentity)?

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
    let erasure: Erasure
    let key: [UInt8]?
    /// Null in no row that was written here.
    let seal: [UInt8]

    var isErased: Bool { erasure != .none }
  }

  static let columns = """
    e.seq, e.log, e.topic, e.partition, e.offset, e.at, coalesce(s.id, ''), e.id, e.type, e.standing, e.why, e.headers,
    e.value, e.hash, e.erased, e.key, e.seal
    """

  static func row(_ row: Statement) -> Row {
    Row(
      seq: row.int(0), log: row.int(1), topic: row.text(2), partition: Int32(truncatingIfNeeded: row.int(3)),
      offset: row.int(4), at: row.int(5), subject: row.text(6), id: row.text(7), type: row.text(8),
      standing: Standing(rawValue: row.int(9)) ?? .unreadable, why: row.optionalText(10), headers: row.bytes(11),
      value: row.optionalBytes(12), hash: row.bytes(13), erasure: Erasure(rawValue: row.int(14)) ?? .named,
      key: row.optionalBytes(15), seal: row.bytes(16))
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

  /// Behind which row the last so many of a deliberation stand.
  func seq(before last: Int, of id: String) throws(StoreError) -> Int64 {
    try statements(
      """
      SELECT seq FROM events WHERE subject = (SELECT number FROM subjects WHERE id = ?) ORDER BY seq DESC LIMIT 1 OFFSET ?
      """
    ).rows([.text(id), Value(last)]) { $0.int(0) }.first ?? 0
  }

  /// Everything that stands, in the order in which it was read.
  func rows(after seq: Int64, most: Int) throws(StoreError) -> [Row] {
    try statements(
      """
      SELECT \(Self.columns) FROM events e JOIN subjects s ON s.number = e.subject WHERE e.seq > ? ORDER BY e.seq LIMIT ?
      """
    ).rows([.int(seq), Value(most)], Self.row)
  }

  /// The full text beside this file; another where it was made anew since.
  func search() throws(StoreError) -> Database {
    let folder = self.path.lastIndex(of: "/").map { String(self.path[..<$0]) } ?? "."
    let path = SearchFile.path(data: folder)
    let file = FileIdentity(path)
    if let texts, texts.file == file { return texts.database }
    texts = nil
    let opened = try Database(path, .read, patience: .seconds(2))
    if let file { texts = (opened, file) }
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

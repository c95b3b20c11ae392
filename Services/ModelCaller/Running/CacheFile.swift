internal import Deliberation
internal import Store

/// The file of the cache: what is older than it may be is gone, and the oldest go where it becomes too much. What is gone
/// is overwritten: answers are words of people, and the ledger's forgetting does not reach this file.
final class CacheFile {
  private let database: Database
  private let read: Statement
  private let write: Statement
  private let dropOld: Statement
  private let dropOldest: Statement
  private let limit: Int64
  private var bytes: Int64
  private var writes = 0
  private var cleared = Moment(milliseconds: 0)

  /// How often what is too old goes, also where nothing is kept.
  static let clearEvery: Int64 = 60_000
  /// Other processes write to the file too: what it holds is counted anew now and then.
  private static let countEvery = 200
  /// One answer takes no more than this share of the file.
  private static let largestShare: Int64 = 10

  init(_ options: CacheOptions, now: Moment) throws(StoreError) {
    database = try Database(options.path, .write)
    limit = Int64(options.bytes)
    try database.run("PRAGMA journal_mode = WAL")
    try database.run("PRAGMA synchronous = NORMAL")
    try database.run("PRAGMA secure_delete = ON")
    try database.run(
      """
      CREATE TABLE IF NOT EXISTS answers (
        key TEXT PRIMARY KEY, stored INTEGER NOT NULL, ends INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID
      """)
    try database.run("CREATE INDEX IF NOT EXISTS answers_by_age ON answers (stored)")
    try database.run("CREATE INDEX IF NOT EXISTS answers_by_end ON answers (ends)")
    read = try database.prepare("SELECT value FROM answers WHERE key = ? AND ends > ? AND stored > ?")
    write = try database.prepare("INSERT OR REPLACE INTO answers (key, stored, ends, value) VALUES (?, ?, ?, ?)")
    dropOld = try database.prepare("DELETE FROM answers WHERE ends <= ?")
    dropOldest = try database.prepare(
      "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY stored LIMIT ?)")
    bytes = 0
    _ = try clear(now)
  }

  /// Drops what is too old, from the write-ahead log too; where another caller is in the way there, the next time. Answers
  /// how many bytes the file holds, nil where it was not time yet.
  func clear(_ now: Moment) throws(StoreError) -> Int64? {
    // a clock that was set back is no reason to wait for it
    guard !(0..<Self.clearEvery).contains(now - cleared) else { return nil }
    cleared = now
    try shrink(now)
    _ = try database.checkpoint(patience: .milliseconds(100))
    return bytes
  }

  /// An answer that is no older than whoever kept it and whoever asks allow.
  func find(_ key: String, within seconds: Int, now: Moment) throws(StoreError) -> [UInt8]? {
    let oldest = now.milliseconds - Int64(seconds) * 1000
    return try read.rows([.text(key), .int(now.milliseconds), .int(oldest)]) { $0.bytes(0) }.first
  }

  /// Answers how many bytes the file holds.
  func keep(_ key: String, seconds: Int, _ value: [UInt8], now: Moment) throws(StoreError) -> Int64 {
    guard Int64(value.count) <= limit / Self.largestShare else { return bytes }
    try write.run(
      .text(key), .int(now.milliseconds), .int(now.milliseconds + Int64(seconds) * 1000), .bytes(value))
    bytes += Int64(value.count)
    writes += 1
    if bytes > limit || writes % Self.countEvery == 0 { try shrink(now) }
    return bytes
  }

  private func shrink(_ now: Moment) throws(StoreError) {
    try dropOld.run(.int(now.milliseconds))
    bytes = try count()
    // a quarter at a time, so that not every further answer costs a clearing
    while bytes > limit {
      let rows = try database.number("SELECT COUNT(*) FROM answers") ?? 0
      guard rows > 0 else { return }
      try dropOldest.run(.int(max(1, rows / 4)))
      bytes = try count()
    }
  }

  private func count() throws(StoreError) -> Int64 {
    try database.number("SELECT COALESCE(SUM(LENGTH(value)), 0) FROM answers") ?? 0
  }
}

internal import Deliberation
internal import FoundationEssentials
internal import Store

/// The full text of questions and answers, in a file of its own: it follows the ledger's and can be thrown away.
final class SearchFile {
  let database: Database

  static func path(data: String) -> String { data + "/ledger.search.sqlite" }

  init(_ path: String) throws(StoreError) {
    database = try Self.open(path)
  }

  /// Whatever is wrong with the file, it is made anew: everything in it stands in the ledger as well.
  private static func open(_ path: String) throws(StoreError) -> Database {
    do throws(StoreError) { return try opened(path) } catch {
      guard error.kind == .corrupt || error.kind == .refused else { throw error }
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      return try opened(path)
    }
  }

  private static func opened(_ path: String) throws(StoreError) -> Database {
    let database = try Database(path, .write)
    try database.run("PRAGMA journal_mode = WAL")
    try database.run("PRAGMA synchronous = NORMAL")
    try database.run("PRAGMA secure_delete = ON")
    try database.run("PRAGMA cache_size = -32768")
    try database.transaction { () throws(StoreError) in
      try database.run(
        """
        CREATE TABLE IF NOT EXISTS progress(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL) STRICT;
        INSERT OR IGNORE INTO progress VALUES(1, 0);
        CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(body, tokenize = 'unicode61 remove_diacritics 2');
        """)
    }
    return database
  }

  /// The row of the ledger up to which everything is in here.
  var seq: Int64 { get throws(StoreError) { try database.number("SELECT seq FROM progress") ?? 0 } }

  /// Forgets everything, to begin anew.
  func clear() throws(StoreError) {
    try database.transaction { () throws(StoreError) in
      try database.run("DELETE FROM texts")
      try database.run("UPDATE progress SET seq = 0")
    }
  }

  /// Takes in what stands behind `seq`; how many rows that were.
  func follow(_ archive: Archive, most: Int) throws(StoreError) -> Int {
    let rows = try archive.rows(after: seq, most: most)
    guard let last = rows.last else { return 0 }
    var hasErased = false
    try database.transaction { () throws(StoreError) in
      let insert = try database.prepare("INSERT INTO texts(rowid, body) VALUES(?, ?)")
      let delete = try database.prepare("DELETE FROM texts WHERE rowid = ?")
      for row in rows {
        if Event.Name(type: row.type) == .forgotten {
          for old in try archive.rows(of: row.subject) { try delete.run(.int(old.seq)) }
          hasErased = true
        } else if row.standing == .fact, !row.isErased, let text = Self.text(row) {
          try insert.run(.int(row.seq), .text(text))
        }
      }
      try database.prepare("UPDATE progress SET seq = ?").run(.int(last.seq))
    }
    if hasErased { try purge() }
    return rows.count
  }

  /// A deleted text stays in the index's older segments until they are merged.
  private func purge() throws(StoreError) {
    try database.run("INSERT INTO texts(texts) VALUES('optimize')")
    try database.run("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  /// What of an event people look for: what was asked, and what models answered to that.
  static func text(_ row: Archive.Row) -> String? {
    guard let name = Event.Name(type: row.type), name == .requested || name == .callCompleted,
      let json = row.value.flatMap({ try? JSON.parse($0) })
    else { return nil }
    let text: String?
    if name == .callCompleted {
      // the judge's answer is the analysis, which is made of these
      text = json["purpose"]?.string == "judge" ? nil : json["content"]?.string
    } else {
      text = Question.text(json["request"]?["messages"]?.array ?? [])
    }
    return text.flatMap { $0.isEmpty ? nil : $0 }
  }
}

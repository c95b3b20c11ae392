internal import Deliberation
internal import FoundationEssentials
internal import Store

/// The full text of questions and answers, in a file of its own: it follows the ledger's and can be thrown away.
final class SearchFile {
  let database: Database
  /// Batches since something was erased and is not purged.
  private var waited = 0
  /// Merging the index anew costs seconds where it is large: many tombstones that are read one after the other share it.
  private static let mostWaited = 4
  /// Rows that are read at once, and the bytes of them that end a batch: whatever the events hold, a batch has a bound.
  private static let gulp = 500
  private static let mostBytes = 32 << 20

  /// What of an erased text may still stand in the file.
  private enum Residue: Int64 {
    case none = 0
    /// In older segments of the index.
    case segments = 1
    /// In the write-ahead log, or in the file because that was not written back yet.
    case log = 2
  }

  static func path(data: String) -> String { data + "/ledger.search.sqlite" }

  init(_ path: String) throws(StoreError) {
    database = try Self.open(path)
  }

  /// Whatever is wrong with the file, it is made anew: everything in it stands in the ledger as well.
  private static func open(_ path: String) throws(StoreError) -> Database {
    do throws(StoreError) { return try opened(path) } catch {
      guard error.kind == .corrupt || error.kind == .refused else { throw error }
      remove(path)
      return try opened(path)
    }
  }

  /// Whoever still has it open goes on with what is no file any more, and has to look.
  static func remove(_ path: String) {
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
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
        INSERT OR IGNORE INTO progress(one, seq) VALUES(1, 0);
        CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(body, tokenize = 'unicode61 remove_diacritics 2');
        """)
      if try database.number("PRAGMA user_version") == 0 {
        // an older file may have been left between erasing and purging
        try database.run("ALTER TABLE progress ADD COLUMN residue INTEGER NOT NULL DEFAULT 1")
        try database.run("PRAGMA user_version = 1")
      }
      if try database.number("PRAGMA user_version") == 1 {
        // Writing one large piece of the index costs less than merging many small ones; a search looks at a few more.
        try database.run("INSERT INTO texts(texts, rank) VALUES('automerge', 16)")
        try database.run("INSERT INTO texts(texts, rank) VALUES('hashsize', \(16 << 20))")
        try database.run("PRAGMA user_version = 2")
      }
    }
    return database
  }

  /// The row of the ledger up to which everything is in here.
  var seq: Int64 { get throws(StoreError) { try database.number("SELECT seq FROM progress") ?? 0 } }

  /// Forgets everything, to begin anew.
  func clear() throws(StoreError) {
    try database.transaction { () throws(StoreError) in
      try database.run("DELETE FROM texts")
      try database.run("UPDATE progress SET seq = 0, residue = \(Residue.segments.rawValue)")
    }
  }

  /// Takes in what stands behind `seq`; how many rows that were. That something was erased stands in the file before it is
  /// purged, so that whoever comes after a kill purges it.
  func follow(_ archive: Archive, most: Int, bytes mostBytes: Int = mostBytes) throws(StoreError) -> Int {
    var seq = try seq
    var asked = min(most, Self.gulp)
    var rows = try archive.rows(after: seq, most: asked)
    guard !rows.isEmpty else {
      try purge()
      return 0
    }
    var count = 0
    var bytes = 0
    var isAtEnd = false
    try database.transaction { () throws(StoreError) in
      var hasErased = false
      let insert = try database.prepare("INSERT INTO texts(rowid, body) VALUES(?, ?)")
      let delete = try database.prepare("DELETE FROM texts WHERE rowid = ?")
      while let last = rows.last {
        for row in rows {
          if Event.Name(type: row.type) == .forgotten {
            for old in try archive.rows(of: row.subject) {
              try delete.run(.int(old.seq))
              hasErased = hasErased || database.changes > 0
            }
          } else if row.standing == .fact, !row.isErased, let text = Self.text(row) {
            try insert.run(.int(row.seq), .text(text))
          }
          bytes += row.value?.count ?? 0
        }
        count += rows.count
        seq = last.seq
        isAtEnd = rows.count < asked
        if isAtEnd || count >= most || bytes >= mostBytes { break }
        asked = min(most - count, Self.gulp)
        rows = try archive.rows(after: seq, most: asked)
      }
      try database.prepare("UPDATE progress SET seq = ?").run(.int(seq))
      if hasErased { try set(.segments) }
    }
    waited += 1
    if isAtEnd || waited >= Self.mostWaited { try purge() }
    return count
  }

  /// Whether something erased still stands in the file.
  var isPurged: Bool { get throws(StoreError) { try residue() == .none } }

  /// A deleted text stays in the index's older segments until they are merged, and in the write-ahead log until that is
  /// emptied. Where a reader is in the way it is tried again with the next batch, or by whoever asks.
  func purge() throws(StoreError) {
    waited = 0
    var residue = try residue()
    if residue == .segments {
      try database.transaction { () throws(StoreError) in
        try database.run("INSERT INTO texts(texts) VALUES('optimize')")
        try set(.log)
      }
      residue = .log
    }
    if residue == .log, try database.checkpoint(patience: .milliseconds(100)) { try set(.none) }
  }

  private func residue() throws(StoreError) -> Residue {
    Residue(rawValue: try database.number("SELECT residue FROM progress") ?? 1) ?? .segments
  }

  private func set(_ residue: Residue) throws(StoreError) {
    try database.run("UPDATE progress SET residue = \(residue.rawValue)")
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

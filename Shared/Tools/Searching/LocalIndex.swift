internal import Store

/// A folder's files in SQLite's full-text index (FTS5), kept beside them for as long as the process lives: in memory, or
/// in a temporary file of SQLite's where it grows. Used by one thread at a time.
final class LocalIndex {
  private let folder: String
  private let database: Database
  private var known: [String: FolderScan.File] = [:]

  init(folder: String) throws(StoreError) {
    self.folder = folder
    database = try Database("", .write)
    try database.run(
      """
      CREATE VIRTUAL TABLE passages USING fts5(title, body, path UNINDEXED, tokenize = 'porter unicode61 remove_diacritics 2');
      """)
  }

  var count: Int { known.count }
  /// Files that are too large, too many or cannot be read.
  private(set) var leftOut = 0

  /// Takes in what is new or has changed, and forgets what is gone. False: the folder cannot be read.
  func refresh() throws(StoreError) -> Bool {
    guard let (files, beyond) = FolderScan.files(in: folder) else { return false }
    var unread: Set<String> = []
    let now = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
    let stale = known.filter { now[$0.key] != $0.value }.map(\.key)
    let fresh = files.filter { known[$0.path] != $0 }
    leftOut = beyond
    guard !stale.isEmpty || !fresh.isEmpty else { return true }
    try database.transaction { () throws(StoreError) in
      let gone = Set(stale)
      if !gone.isEmpty {
        let rows = try database.prepare("SELECT rowid, path FROM passages").rows { ($0.int(0), $0.text(1)) }
        let delete = try database.prepare("DELETE FROM passages WHERE rowid = ?")
        for (row, path) in rows where gone.contains(path) { try delete.run(.int(row)) }
      }
      let insert = try database.prepare("INSERT INTO passages (title, body, path) VALUES (?, ?, ?)")
      for file in fresh {
        guard let bytes = FolderScan.bytes("\(folder)/\(file.path)") else {
          unread.insert(file.path)
          continue
        }
        let document = LocalDocument(path: file.path, bytes: bytes)
        for passage in document.passages {
          try insert.run(.text(document.title), .text(passage), .text(file.path))
        }
      }
    }
    known = now.filter { !unread.contains($0.key) }
    leftOut = beyond + unread.count
    return true
  }

  /// The best passage of each file that has one, the best first. `admits` is asked with the path.
  func search(_ words: String, count: Int, admits: (String) -> Bool) throws(StoreError) -> [SearchAnswer.Hit] {
    let match = Self.match(words)
    guard !match.isEmpty else { return [] }
    // a word in the title is worth five in the text
    let statement = try database.prepare(
      "SELECT path, title, body FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, 5.0, 1.0) LIMIT 1000")
    let rows = try statement.rows([.text(match)]) { ($0.text(0), $0.text(1), $0.text(2)) }
    var seen: Set<String> = []
    var hits: [SearchAnswer.Hit] = []
    for (path, title, body) in rows where hits.count < count && admits(path) && seen.insert(path).inserted {
      hits.append(
        SearchAnswer.Hit(url: "local:\(path)", title: title, text: body, host: LocalSearch.domain(path)))
    }
    return hits
  }

  /// Each word by itself, in quotes, so that nothing in it is a command to FTS5.
  static func match(_ words: String) -> String {
    let terms = words.split { !($0.isLetter || $0.isNumber) }.prefix(32)
    return terms.map { "\"\($0)\"" }.joined(separator: " OR ")
  }
}

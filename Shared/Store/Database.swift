internal import CSQLite

/// One connection to an SQLite file. Whoever has it uses it from one thread at a time.
package final class Database {
  package enum Access: Sendable {
    case write, read
  }

  package let path: String
  let handle: OpaquePointer
  private let patience: Duration

  /// Opens the file; one that is to be written is made where it is missing. `patience`: how long a statement waits for
  /// somebody else's lock.
  package init(_ path: String, _ access: Access, patience: Duration = .seconds(5)) throws(StoreError) {
    var handle: OpaquePointer?
    let flags = access == .write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
    let status = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard status == SQLITE_OK, let handle else {
      // SQLite gives a handle also where it fails, for its message alone
      let why = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "no memory"
      sqlite3_close_v2(handle)
      throw StoreError(.unopened, path: path, why: why)
    }
    self.path = path
    self.handle = handle
    sqlite3_extended_result_codes(handle, 1)
    self.patience = patience
    sqlite3_busy_timeout(handle, Self.milliseconds(patience))
  }

  // Statements that still live keep the connection until they are gone (close_v2).
  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that answer nothing.
  package func run(_ sql: String) throws(StoreError) {
    let status = sqlite3_exec(handle, sql, nil, nil, nil)
    if status != SQLITE_OK { throw error(status) }
  }

  package func prepare(_ sql: String) throws(StoreError) -> Statement { try Statement(self, sql) }

  /// All of it or nothing: what `body` throws undoes what it did.
  package func transaction<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
    try run("BEGIN IMMEDIATE")
    do {
      let value = try body()
      try run("COMMIT")
      return value
    } catch {
      // Where SQLite undid it already there is nothing left to undo, and it says so.
      if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
      throw error
    }
  }

  /// Writes back what the write-ahead log holds and empties it, so that what was overwritten or deleted stands nowhere any
  /// more. False where somebody reads an older state or writes: what they see has to stay, and it has to be done again.
  package func checkpoint(patience: Duration) throws(StoreError) -> Bool {
    sqlite3_busy_timeout(handle, Self.milliseconds(patience))
    defer { sqlite3_busy_timeout(handle, Self.milliseconds(self.patience)) }
    let statement = try prepare("PRAGMA wal_checkpoint(TRUNCATE)")
    return try statement.step() && statement.int(0) == 0
  }

  private static func milliseconds(_ duration: Duration) -> Int32 {
    Int32(clamping: duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)
  }

  /// The first column of the first row.
  package func number(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.int(0) : nil
  }

  /// How many rows the last statement changed.
  package var changes: Int { Int(sqlite3_changes(handle)) }

  package var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }

  func error(_ status: Int32) -> StoreError {
    let kind: StoreError.Kind =
      switch status & 0xFF {
      case SQLITE_FULL: .full
      case SQLITE_BUSY, SQLITE_LOCKED: .busy
      case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
      case SQLITE_IOERR, SQLITE_READONLY: .disk
      case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH: .unopened
      default: .refused
      }
    return StoreError(kind, path: path, why: "\(String(cString: sqlite3_errmsg(handle))) (\(status))")
  }
}

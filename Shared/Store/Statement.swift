internal import CSQLite

/// A prepared statement, to be used again and again: bound, stepped, reset.
package final class Statement {
  private let database: Database
  private let handle: OpaquePointer

  init(_ database: Database, _ sql: String) throws(StoreError) {
    var handle: OpaquePointer?
    let status = sqlite3_prepare_v3(database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
    guard status == SQLITE_OK, let handle else { throw database.error(status) }
    self.database = database
    self.handle = handle
  }

  deinit { sqlite3_finalize(handle) }

  /// What stands in a place of the statement, counted from 1.
  package func bind(_ index: Int32, _ value: Int64?) {
    if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
  }

  package func bind(_ index: Int32, _ value: String?) {
    guard var value else {
      sqlite3_bind_null(handle, index)
      return
    }
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        _ = conclave_sqlite_bind_text(handle, index, text.baseAddress, Int32(clamping: text.count))
      }
    }
  }

  package func bind(_ index: Int32, _ value: [UInt8]?) {
    guard let value else {
      sqlite3_bind_null(handle, index)
      return
    }
    _ = value.withUnsafeBytes {
      conclave_sqlite_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count))
    }
  }

  package func bind(_ index: Int32, _ value: Value) {
    switch value {
    case .null: sqlite3_bind_null(handle, index)
    case .int(let number): bind(index, number)
    case .text(let text): bind(index, text)
    case .bytes(let bytes): bind(index, bytes)
    }
  }

  /// True where there is a row to be read.
  package func step() throws(StoreError) -> Bool {
    let status = sqlite3_step(handle)
    switch status {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let error = database.error(status)
      sqlite3_reset(handle)
      throw error
    }
  }

  /// Bound again from the start; what was bound before stays.
  package func reset() { sqlite3_reset(handle) }

  /// Binds, runs to the end, and is ready for the next time.
  package func run(_ values: Value...) throws(StoreError) {
    for (index, value) in values.enumerated() { bind(Int32(index + 1), value) }
    while try step() {}
    reset()
  }

  /// Every row, read by `row`.
  package func rows<Row>(_ values: [Value] = [], _ row: (Statement) -> Row) throws(StoreError) -> [Row] {
    for (index, value) in values.enumerated() { bind(Int32(index + 1), value) }
    var rows: [Row] = []
    while try step() { rows.append(row(self)) }
    reset()
    return rows
  }

  package var columns: Int { Int(sqlite3_column_count(handle)) }

  package func name(_ column: Int) -> String {
    sqlite3_column_name(handle, Int32(column)).map { String(cString: $0) } ?? ""
  }

  package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  package func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  package func optionalInt(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }

  package func text(_ column: Int32) -> String {
    guard let text = sqlite3_column_text(handle, column) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
  }

  package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  package func bytes(_ column: Int32) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
  }

  package func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

  /// Whatever stands there, as what it is.
  package func value(_ column: Int32) -> Value {
    switch sqlite3_column_type(handle, column) {
    case SQLITE_NULL: .null
    case SQLITE_INTEGER: .int(int(column))
    case SQLITE_BLOB: .bytes(bytes(column))
    default: .text(text(column))
    }
  }
}

internal import Store

/// The statements of the writer, each prepared once.
final class Statements {
  let database: Database
  private var prepared: [String: Statement] = [:]

  init(_ database: Database) { self.database = database }

  func callAsFunction(_ sql: String) throws(StoreError) -> Statement {
    if let known = prepared[sql] { return known }
    let statement = try database.prepare(sql)
    prepared[sql] = statement
    return statement
  }
}

import Foundation
import Store
import Testing

@Suite("A store") struct StoreTests {
  private func withFile(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/store-\(UInt32.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder + "/a.sqlite")
  }

  @Test("gives back every kind of value as it was put in") func values() throws {
    try withFile { path in
      let database = try Database(path, .write)
      try database.run("CREATE TABLE t(a, b, c, d)")
      let insert = try database.prepare("INSERT INTO t VALUES(?, ?, ?, ?)")
      try insert.run(.int(.min), .text("Grüße\u{0}!"), .bytes([0, 255, 0]), .null)
      try insert.run(.int(.max), .text(""), .bytes([]), .null)
      let rows = try database.prepare("SELECT * FROM t").rows { row in (0..<4).map { row.value($0) } }
      #expect(rows[0] == [.int(.min), .text("Grüße\u{0}!"), .bytes([0, 255, 0]), .null])
      #expect(rows[1] == [.int(.max), .text(""), .bytes([]), .null])
    }
  }

  @Test("undoes all of a transaction that threw") func undone() throws {
    try withFile { path in
      let database = try Database(path, .write)
      try database.run("CREATE TABLE t(a INTEGER PRIMARY KEY)")
      #expect(throws: StoreError.self) {
        try database.transaction { () throws(StoreError) in
          try database.run("INSERT INTO t VALUES(1)")
          try database.run("INSERT INTO t VALUES(1)")
        }
      }
      #expect(try database.number("SELECT count(*) FROM t") == 0)
      try database.transaction { () throws(StoreError) in try database.run("INSERT INTO t VALUES(1)") }
      #expect(try database.number("SELECT count(*) FROM t") == 1)
    }
  }

  @Test("says what is wrong with a file, and what to do") func wrong() throws {
    try withFile { path in
      try Data(repeating: 0x41, count: 8192).write(to: URL(filePath: path))
      let error = try #require(throws: StoreError.self) { try Database(path, .write).run("CREATE TABLE t(a)") }
      #expect(error.kind == .corrupt)
      #expect(error.description.contains("move the file"))
      #expect(!error.passes)
      let missing = try #require(throws: StoreError.self) { try Database(path + ".none", .read) }
      #expect(missing.kind == .unopened)
    }
  }

  @Test("says when the disk is full, and goes on when there is room") func full() throws {
    try withFile { path in
      let database = try Database(path, .write)
      try database.run("CREATE TABLE t(a)")
      try database.run("PRAGMA max_page_count = 4")
      let insert = try database.prepare("INSERT INTO t VALUES(?)")
      let error = try #require(throws: StoreError.self) {
        for _ in 0..<100 { try insert.run(.bytes([UInt8](repeating: 1, count: 1000))) }
      }
      #expect(error.kind == .full)
      #expect(error.passes)
      try database.run("PRAGMA max_page_count = 1000")
      try insert.run(.bytes([UInt8](repeating: 1, count: 1000)))
    }
  }

  @Test("waits for somebody else's lock, and says so when that lasts") func busy() throws {
    try withFile { path in
      let one = try Database(path, .write, patience: .milliseconds(20))
      try one.run("CREATE TABLE t(a)")
      let other = try Database(path, .write, patience: .milliseconds(20))
      try one.run("BEGIN IMMEDIATE")
      let error = try #require(throws: StoreError.self) { try other.run("INSERT INTO t VALUES(1)") }
      #expect(error.kind == .busy)
      #expect(error.passes)
      try one.run("COMMIT")
      try other.run("INSERT INTO t VALUES(1)")
    }
  }
}

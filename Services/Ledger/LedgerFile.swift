internal import Glibc
internal import Store

/// The ledger's file: held by one process, opened for writing, brought to this program's schema.
// Unchecked because its connection is used by one thread after the other: whoever opens it hands it to the writer's.
final class LedgerFile: @unchecked Sendable {
  let path: String
  let database: Database
  private let hold: Int32

  enum Failure: Error, CustomStringConvertible {
    case held(path: String, by: String)
    case folder(path: String, why: String)

    var description: String {
      switch self {
      case .held(let path, let other):
        "another ledger\(other) writes \(path); end it, or name another folder with CONCLAVE_DATA"
      case .folder(let path, let why): "\(path) cannot be written (\(why)); name another folder with CONCLAVE_DATA"
      }
    }
  }

  static func path(data: String) -> String { data + "/ledger.sqlite" }

  /// `survives`: whether what was written must outlast a loss of power, because the log does not.
  init(data: String, survives: Bool) throws {
    path = Self.path(data: data)
    hold = try Self.hold(path + ".lock")
    do {
      database = try Database(path, .write)
      // an answer of a few kilobytes and its like fit a page, several at a time; only a new file takes it
      try database.run("PRAGMA page_size = 16384")
      try database.run("PRAGMA journal_mode = WAL")
      try database.run("PRAGMA synchronous = \(survives ? "FULL" : "NORMAL")")
      try database.run("PRAGMA secure_delete = ON")
      try database.run("PRAGMA cache_size = -65536")
      try database.run("PRAGMA wal_autocheckpoint = 2000")
      try database.run("PRAGMA temp_store = MEMORY")
      try Schema.migrate(database)
    } catch {
      close(hold)
      throw error
    }
  }

  deinit { close(hold) }

  /// The number of this life of the bus; a new one where it was never met.
  func log(incarnation: String) throws(StoreError) -> Int64 {
    try database.prepare("INSERT OR IGNORE INTO logs(incarnation) VALUES(?)").run(.text(incarnation))
    let numbers = try database.prepare("SELECT number FROM logs WHERE incarnation = ?").rows([.text(incarnation)]) {
      $0.int(0)
    }
    guard let number = numbers.first else {
      throw StoreError(.refused, path: path, why: "the life of the bus \(incarnation) was not kept")
    }
    return number
  }

  /// The kernel's lock: it ends with the process, however that ends.
  private static func hold(_ path: String) throws(Failure) -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .folder(path: path, why: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      var text = [UInt8](repeating: 0, count: 20)
      let count = read(descriptor, &text, text.count)
      close(descriptor)
      let pid = String(decoding: text.prefix(max(0, count)), as: UTF8.self)
      throw .held(path: String(path.dropLast(".lock".count)), by: pid.isEmpty ? "" : " (process \(pid))")
    }
    ftruncate(descriptor, 0)
    let pid = Array("\(getpid())".utf8)
    _ = write(descriptor, pid, pid.count)
    return descriptor
  }
}

internal import FoundationEssentials
internal import Glibc

/// What the harness asks of the file system.
enum Files {
  /// A new folder for one run.
  static func runFolder() throws(Failure) -> String {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var path = Array("\(base)/conclave-chaos-XXXXXX".utf8CString)
    guard mkdtemp(&path) != nil else { throw Failure("no folder can be made in \(base)") }
    return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func read(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { Array($0) } }

  static func text(_ path: String) -> String? { read(path).map { String(decoding: $0, as: UTF8.self) } }

  static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
      throw Failure("\(path) cannot be written")
    }
  }

  static func makeFolder(_ path: String) throws(Failure) {
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw Failure("\(path) cannot be made: \(error)")
    }
  }

  static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

  static func isProgram(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

  /// Where this program lies, and the others beside it.
  static var programs: String {
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "."
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  /// The last lines of a log, for whoever must find out what went wrong.
  static func tail(_ path: String, lines: Int = 15) -> String {
    let all = (text(path) ?? "").split(separator: "\n", omittingEmptySubsequences: true)
    return all.suffix(lines).map { "    \($0)" }.joined(separator: "\n")
  }
}

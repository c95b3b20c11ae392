import Foundation
import Testing

/// The repository as its own tests see it: the files that are under version control or about to be.
enum SourceTree {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Paths below `folder`, relative to the repository, whose name ends so.
  static func files(_ folder: String, _ suffix: String) -> [String] {
    guard let all = FileManager.default.enumerator(atPath: root + "/" + folder) else { return [] }
    return all.compactMap { $0 as? String }.filter { $0.hasSuffix(suffix) }.map { folder + "/" + $0 }.sorted()
  }

  static var swift: [String] { ["Services", "Shared", "Tests"].flatMap { files($0, ".swift") } }

  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: root + "/" + path, encoding: .utf8)
  }

  static func lines(_ path: String) throws -> [Substring] {
    try text(path).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The lines of a file as the compiler sees them: without what stands behind `//`, and with nothing between quotes.
  static func code(_ path: String) throws -> [String] {
    var isInText = false
    return try lines(path).map { line in
      guard line.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\"") }) else {
        return isInText ? "" : String(line)
      }
      if line.contains("\"\"\"") {
        isInText.toggle()
        return ""
      }
      return isInText ? "" : withoutWords(line)
    }
  }

  private static func withoutWords(_ line: Substring) -> String {
    var code: [UInt8] = []
    var isQuoted = false
    var rest = line.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\\") where isQuoted: rest = rest.dropFirst()
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "/") where !isQuoted && rest.first == UInt8(ascii: "/"):
        return String(decoding: code, as: UTF8.self)
      default: if !isQuoted { code.append(byte) }
      }
    }
    return String(decoding: code, as: UTF8.self)
  }

  /// What a Swift file imports.
  static func imports(_ path: String) throws -> [String] {
    try lines(path).compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place <= 2, place + 1 < words.count,
        words[..<place].allSatisfy({ ["@testable", "package", "internal", "public", "private"].contains($0) })
      else { return nil }
      let kinds: Set<Substring> = ["class", "struct", "enum", "func", "protocol"]
      return words[(place + 1)...].first { !kinds.contains($0) }.map { String($0.prefix { $0 != "." }) }
    }
  }
}

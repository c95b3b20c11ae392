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
      if line.contains("\"\"\"") {
        isInText.toggle()
        return ""
      }
      return isInText ? "" : withoutWords(line)
    }
  }

  private static func withoutWords(_ line: Substring) -> String {
    var code = ""
    var isQuoted = false
    var rest = line
    while let character = rest.popFirst() {
      switch character {
      case "\\" where isQuoted: rest = rest.dropFirst()
      case "\"": isQuoted.toggle()
      case "/" where !isQuoted && rest.first == "/": return code
      default: if !isQuoted { code.append(character) }
      }
    }
    return code
  }

  /// What a Swift file imports.
  static func imports(_ path: String) throws -> [String] {
    try code(path).compactMap { line in
      guard
        let match = line.firstMatch(
          of: #/^(?:@testable )?(?:package |internal |public )?import (?:class |struct |enum |func )?(\w+)/#)
      else { return nil }
      return String(match.1)
    }
  }
}

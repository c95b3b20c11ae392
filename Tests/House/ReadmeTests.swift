import Foundation
import Testing

@Suite("The README") struct ReadmeTests {
  /// Every line of a shell block, of all pages that a newcomer reads.
  static func commands() throws -> [(page: String, line: String)] {
    var commands: [(String, String)] = []
    for page in ["README.md", "deploy/README.md"] {
      var isShell = false
      for line in try SourceTree.lines(page) {
        if line.hasPrefix("```") {
          isShell = line == "```bash" || line == "```sh"
        } else if isShell {
          commands.append((page, String(line)))
        }
      }
    }
    return commands
  }

  @Test("shows commands whose programs exist") func programs() throws {
    let commands = try Self.commands()
    #expect(commands.contains { $0.line.hasPrefix("deploy/up") })
    #expect(commands.contains { $0.line.hasPrefix("curl ") })
    #expect(commands.contains { $0.line.contains("kcat ") })
    let sources = SourceTree.files("Services/Conclave", "Command.swift")
    let subcommands = try sources.map(SourceTree.text).joined()
    for (page, line) in commands {
      for path in line.matches(of: #/(?:^|\s)((?:deploy|\.ci)\/[a-z]+)\b/#) {
        #expect(FileManager.default.isExecutableFile(atPath: "\(SourceTree.root)/\(path.1)"), "\(page): \(line)")
      }
      for name in line.matches(of: #/(?:^|\s|\/)conclave ([a-z]+)/#) {
        #expect(subcommands.contains("static let name = \"\(name.1)\""), "\(page): \(line)")
      }
    }
  }

  @Test("links to files that are there") func links() throws {
    for page in ["README.md", "deploy/README.md"] {
      let folder = (page as NSString).deletingLastPathComponent
      for link in try SourceTree.text(page).matches(of: #/\]\(([^)#:]+)\)/#) {
        let path = "\(SourceTree.root)/\(folder)/\(link.1)"
        #expect(FileManager.default.fileExists(atPath: path), "\(page): \(link.1)")
      }
    }
  }
}

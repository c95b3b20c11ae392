internal import Glibc

/// The command line: which commands there are, and how they are found.
enum Commands {
  static let all: [any Command.Type] = [
    UpCommand.self, AskCommand.self, LogCommand.self, ShowCommand.self, VerifyCommand.self, ReplayCommand.self,
    ExportCommand.self, ForgetCommand.self, DoctorCommand.self, TopicsCommand.self, BenchCommand.self,
    BrokerCommand.self, CallLoopCommand.self,
  ]

  static var help: String {
    let shown = all.filter { !$0.summary.isEmpty }
    let width = shown.map { $0.name.count }.max() ?? 0
    let lines = shown.map { "  " + $0.name + String(repeating: " ", count: width - $0.name.count + 3) + $0.summary }
    return """
      usage: conclave <command> [flags]; conclave <command> --help says more

      \(lines.joined(separator: "\n"))

      """
  }

  /// - Returns: the exit status: 0 done, 1 failed, 2 wrong usage.
  static func run(_ words: [String], environment: [String: String]) -> Int32 {
    guard let name = words.first else {
      Output.error(help)
      return 2
    }
    if ["--help", "-h", "help"].contains(name) {
      Output.data(help)
      return 0
    }
    guard let command = all.first(where: { $0.name == name }) else {
      Output.error("conclave: there is no command \"\(name)\"; conclave --help lists them\n")
      return 2
    }
    let rest = Array(words.dropFirst())
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      Output.data(command.help)
      return 0
    }
    do {
      return try command.run(Arguments(rest, flags: command.flags), environment: environment)
    } catch {
      var hint = ""
      if case .usage = error { hint = "; conclave \(name) --help says what it takes" }
      Output.error("conclave \(name): \(error)\(hint)\n")
      return error.status
    }
  }
}

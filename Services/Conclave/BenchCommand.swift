enum BenchCommand: Command {
  static let name = "bench"
  static let summary = ""
  static let flags: [Flag] = []

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    throw .failed("this command is being built")
  }
}

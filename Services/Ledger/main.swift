import Service

let words = Array(CommandLine.arguments.dropFirst())
if words == ["--rebuild"] {
  RebuildCommand.run()
} else if words.first == "--measure" {
  MeasureCommand.run(words.dropFirst().first.flatMap { Int($0) } ?? 1_000_000)
} else if let unknown = words.first {
  RebuildCommand.refuse(unknown)
} else {
  ServiceMain.run("ledger") { context in try openLedger(context) }
}

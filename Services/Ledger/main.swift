import Service

let words = Array(CommandLine.arguments.dropFirst())
if words == ["--rebuild"] {
  RebuildCommand.run()
} else if words.first == "--measure", let (count, holds) = MeasureCommand.words(words.dropFirst()) {
  MeasureCommand.run(count, holds: holds)
} else if let unknown = words.first {
  RebuildCommand.refuse(unknown)
} else {
  ServiceMain.run("ledger") { context in try openLedger(context) }
}

import Testing

@testable import Conclave

@Suite("Arguments") struct ArgumentsTests {
  private let flags = [Flag("--port", "8080", ""), Flag("--json", nil, "")]

  @Test(
    "stand before or behind operands, with a space or an equals sign",
    arguments: [
      ["--port", "1", "what"], ["what", "--port=1"], ["--port=1", "--", "what"],
    ])
  func places(_ words: [String]) throws {
    let arguments = try Arguments(words, flags: flags)
    #expect(arguments["--port"] == "1")
    #expect(arguments.operands == ["what"])
    #expect(!arguments.has("--json"))
  }

  @Test("end at two dashes, so that a question may begin with one") func dashes() throws {
    #expect(try Arguments(["--json", "--", "--port"], flags: flags).operands == ["--port"])
  }

  @Test(
    "are refused by name when they are wrong",
    arguments: [
      (["--prt", "1"], "--prt is not known"), (["--port"], "--port needs a value: --port 8080"),
      (["--port="], "--port needs a value: --port 8080"), (["--json=yes"], "--json takes no value"),
      (["--port", "1", "--port", "2"], "--port stands twice"),
    ])
  func wrong(_ words: [String], _ message: String) {
    #expect(throws: CommandError.usage(message)) { try Arguments(words, flags: flags) }
  }

  @Test("hold numbers within their range", arguments: ["0", "99999", "x", "-1", "8.5"]) func numbers(_ text: String)
    throws
  {
    let arguments = try Arguments(["--port=\(text)"], flags: flags)
    #expect(throws: CommandError.usage("--port \"\(text)\" is no number from 1 to 65535")) {
      try arguments.number("--port", in: 1...65_535)
    }
  }
}

@Suite("The command line") struct CommandLineTests {
  @Test(
    "ends with 2 when it is used wrongly",
    arguments: [
      [], ["fly"], ["up", "--wings"], ["up", "here"], ["up", "--port", "99999"], ["up", "--callers", "0"], ["ask"],
      ["ask", "one", "two"], ["ask", " "], ["topics"], ["topics", "eat"], ["topics", "create"], ["broker"],
    ])
  func usage(_ words: [String]) { #expect(Commands.run(words, environment: [:]) == 2) }

  @Test("helps with every command") func help() {
    for command in Commands.all where !command.summary.isEmpty {
      #expect(Commands.run([command.name, "--help"], environment: [:]) == 0)
      for flag in command.flags { #expect(command.help.contains(flag.name), "\(command.name)") }
      #expect(Commands.help.contains(command.name))
    }
  }

  @Test("says where to begin when nothing runs") func nothingRuns() {
    #expect(Commands.run(["ask", "why?", "--data", "/nonexistent"], environment: [:]) == 1)
  }
}

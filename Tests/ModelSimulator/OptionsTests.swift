import Testing

@testable import ModelSimulator

@Suite struct OptionsTests {
  @Test("a flag wins over the environment, which wins over the default")
  func precedence() throws {
    #expect(try Options(arguments: [], environment: [:]).latency == 40)
    let environment = ["CONCLAVE_SIMULATOR_LATENCY_MS": "7"]
    #expect(try Options(arguments: [], environment: environment).latency == 7)
    #expect(try Options(arguments: ["--latency", "9"], environment: environment).latency == 9)
  }

  @Test(
    "what is wrong is refused by name",
    arguments: [["--port", "99999"], ["--latency"], ["--latency", "fast"], ["--colour"]])
  func wrong(arguments: [String]) {
    let error = #expect(throws: Options.Wrong.self) { try Options(arguments: arguments, environment: [:]) }
    #expect(error?.description.contains(arguments[0]) == true)
  }
}

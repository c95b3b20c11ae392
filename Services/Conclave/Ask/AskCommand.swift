internal import Bus
internal import Deliberation
internal import Glibc

/// `conclave ask`: one question, the panel at work before one's eyes, and the answer.
enum AskCommand: Command {
  static let name = "ask"
  static let operands = "\"question\" (- reads it from standard input)"
  static let summary = "ask one question, watch the panel, get the answer"
  static let flags = [
    Flag("--model", AskQuestion.fusion, "a model of the configuration, or the fusion of several"),
    Flag("--json", nil, "the whole body instead of the answer's text"),
    Flag("--compare", nil, "ask the answering model alone as well, and show time and cost of both"),
    Flag("--url", "http://host:port", "ask a gateway instead of the bus (key: CONCLAVE_API_KEY); shows no progress"),
    Flag("--data", "data", "where conclave up keeps run.json"),
  ]

  static func run(_ arguments: Arguments, environment: [String: String]) throws(CommandError) -> Int32 {
    guard arguments.operands.count == 1 else { throw .usage("write the question as one word, in quotes") }
    let text = arguments.operands[0] == "-" ? try standardInput() : arguments.operands[0]
    guard !text.allSatisfy(\.isWhitespace) else { throw .usage("the question is empty") }
    let question = AskQuestion(text: text, model: arguments["--model"] ?? AskQuestion.fusion)
    let compares = arguments.has("--compare")
    let outcome: AskOutcome
    if let url = arguments["--url"] {
      let ask = HTTPAsk(url: url, key: environment["CONCLAVE_API_KEY"])
      outcome = try awaited { () throws(CommandError) in try await ask.ask(question, compares: compares) }
    } else {
      let data = UpPlan.absolute(arguments["--data"] ?? environment["CONCLAVE_DATA"] ?? "data")
      let running = RunFile.read(data: data)
      guard running.map({ !$0.bus.isEmpty }) ?? !(environment["CONCLAVE_KAFKA"] ?? "").isEmpty else {
        throw .failed("nothing runs from \(data); start it with deploy/up, or name a gateway with --url")
      }
      let settings = try BusClient.settings(running, environment: environment)
      let ask = BusAsk(settings: settings, interrupts: Interrupts())
      outcome = try awaited { () throws(CommandError) in try await ask.ask(question, compares: compares) }
    }
    return print(outcome, asJSON: arguments.has("--json"))
  }

  private static func print(_ outcome: AskOutcome, asJSON: Bool) -> Int32 {
    if asJSON {
      Output.data(outcome.json.text + "\n")
    } else if outcome.fused.isAnswer {
      Output.data(outcome.text + "\n")
    }
    if !outcome.fused.isAnswer { Output.error("conclave ask: \(outcome.fused.failure)\n") }
    return outcome.fused.isAnswer ? 0 : 1
  }

  /// At most as much as fits a record.
  private static func standardInput() throws(CommandError) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .failed("standard input cannot be read: \(String(cString: strerror(errno)))") }
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
      guard bytes.count <= 1_000_000 else { throw .failed("the question has more than 1,000,000 bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .failed("the question is not UTF-8") }
    return text
  }
}

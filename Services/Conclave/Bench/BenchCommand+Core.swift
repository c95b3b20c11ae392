internal import Deliberation
internal import Folding

extension BenchCommand {
  static func core(_ arguments: Arguments) throws(CommandError) -> Int32 {
    let deliberations = try arguments.number("--deliberations", in: 10...100_000) ?? 2_000
    let bytes = try arguments.number("--answer-bytes", in: 100...80_000) ?? 4_096
    let result: CoreBench.Result
    do { result = try CoreBench.run(deliberations: deliberations, answerBytes: bytes) } catch {
      throw .failed("\(error)")
    }
    Output.data(arguments.has("--json") ? json(result).text + "\n" : table(result))
    return 0
  }

  static func table(_ result: CoreBench.Result) -> String {
    let rows = result.services.map {
      [
        $0.service, BenchTable.rounded($0.eventsPerSecond, 0), BenchTable.rounded(1_000_000 / $0.eventsPerSecond, 2),
        "\($0.heldBytes)", "\($0.allowedBytes)",
      ]
    }
    let head = """
      \(result.deliberations) deliberations of \(result.answers) members, question and answers of \
      \(result.answerBytes) bytes, \(result.events) events
      """
    return BenchTable(
      head: head, rows: [["", "events/s of a core", "CPU us/event", "bytes/open", "allowed"]] + rows
    ).text
  }

  static func json(_ result: CoreBench.Result) -> JSON {
    [
      "deliberations": .int(Int64(result.deliberations)), "events": .int(Int64(result.events)),
      "answers": .int(Int64(result.answers)), "answer_bytes": .int(Int64(result.answerBytes)),
      "services": .array(
        result.services.map {
          [
            "service": .string($0.service), "events_per_cpu_second": .double($0.eventsPerSecond),
            "bytes_per_open": .int(Int64($0.heldBytes)),
            "allowed_bytes_per_open": .int(Int64($0.allowedBytes)),
          ]
        }),
    ]
  }
}

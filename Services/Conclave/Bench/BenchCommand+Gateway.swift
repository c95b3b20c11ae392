internal import Deliberation
internal import Web

extension BenchCommand {
  static func counts(_ arguments: Arguments, usual: [Int]) throws(CommandError) -> [Int] {
    guard let text = arguments["--clients"] else { return usual }
    let counts = text.split(separator: ",").map { Int($0) }
    guard !counts.isEmpty, counts.allSatisfy({ $0.map { (1...20_000).contains($0) } ?? false }) else {
      throw .usage("--clients \"\(text)\" must be numbers from 1 to 20000, comma separated")
    }
    return counts.compactMap { $0 }
  }

  static func gateway(_ arguments: Arguments, _ environment: [String: String]) throws(CommandError) -> Int32 {
    let counts = try counts(arguments, usual: [1, 32, 256, 512])
    let seconds = try arguments.number("--seconds", in: 1...600) ?? 5
    let stages = try awaited { () async throws(CommandError) -> [GatewayBench.Stage] in
      let system = try await BenchSystem(open: max(500, counts.max() ?? 0), environment: environment)
      let client = HTTPClient()
      let bench = GatewayBench(system: system, client: client, duration: .seconds(seconds))
      var stages: [GatewayBench.Stage] = []
      for kind in GatewayBench.Kind.allCases {
        for clients in counts { stages.append(await bench.stage(kind, clients: clients)) }
      }
      client.shutdown()
      system.stop()
      return stages
    }
    Output.data(
      arguments.has("--json") ? GatewayBenchTable.json(stages).text + "\n" : GatewayBenchTable.text(stages))
    return stages.allSatisfy { $0.requests > 0 } ? 0 : 1
  }

  static func streams(_ arguments: Arguments, _ environment: [String: String]) throws(CommandError) -> Int32 {
    let clients = try counts(arguments, usual: [5_000]).first ?? 5_000
    let result = try awaited { () async throws(CommandError) -> StreamBench.Result in
      let system = try await BenchSystem(open: clients + 500, environment: environment)
      let client = HTTPClient()
      let result = await StreamBench(system: system, client: client, clients: clients, pace: 2, words: 40).run()
      client.shutdown()
      system.stop()
      return result
    }
    Output.data(result.text)
    return result.whole == result.clients ? 0 : 1
  }
}

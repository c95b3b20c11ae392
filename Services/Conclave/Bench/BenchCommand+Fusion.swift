internal import Bus
internal import Deliberation
internal import Glibc
internal import Settings
internal import Telemetry
internal import Web

extension BenchCommand {
  /// Overhead and saturation: the same panels; what differs is how long a model takes and how many ask.
  static func fusion(
    _ arguments: Arguments, _ environment: [String: String], usual: ClosedRange<Int>, clients: [Int]
  ) throws(CommandError) -> Int32 {
    let counts = try counts(arguments, usual: clients)
    let seconds = try arguments.number("--seconds", in: 1...600) ?? 8
    let rounds = try arguments.number("--rounds", in: 1...100) ?? 3
    let latency = try latency(arguments, usual: usual)
    let machine = Machine()
    var environment = environment
    let kafka = arguments["--kafka"]
    var others: [(name: String, pid: Int32)] = []
    if let kafka {
      environment["CONCLAVE_TOPIC_PREFIX"] = "bench-\(getpid())."
      if let port = kafka.split(separator: ":").last.flatMap({ Int($0) }), let pid = ListeningProcess.pid(port: port) {
        others.append(("broker", pid))
      }
    }
    let hop = try hop(kafka, environment)
    let result = try awaited { [environment, others] () async throws(CommandError) -> FusionBenchTable in
      let system = try await BenchSystem(
        open: max(500, 2 * (counts.max() ?? 0)), kafka: kafka, environment: environment)
      defer { system.stop() }
      let client = HTTPClient()
      defer { client.shutdown() }
      let bench = FusionBench(
        system: system, client: client, latency: latency, duration: .seconds(seconds), others: others)
      let rest = await bench.rest(for: .seconds(5))
      var levels: [FusionBench.Level] = []
      for clients in counts { levels.append(await bench.level(clients: clients, rounds: rounds)) }
      let bus = kafka == nil ? "embedded broker" : others.isEmpty ? "Kafka elsewhere" : "Kafka on this machine"
      return FusionBenchTable(machine: machine, bus: bus, latency: latency, levels: levels, hop: hop, rest: rest)
    }
    Output.data(arguments.has("--json") ? result.json.text + "\n" : result.text)
    return result.levels.allSatisfy { $0.rounds.allSatisfy { $0.requests > 0 && $0.errors.isEmpty } } ? 0 : 1
  }

  private static func latency(_ arguments: Arguments, usual: ClosedRange<Int>) throws(CommandError) -> ClosedRange<Int>
  {
    guard let text = arguments["--latency"] else { return usual }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let first = parts[0], let last = parts[parts.count - 1],
      (0...60_000).contains(first), (first...60_000).contains(last)
    else { throw .usage("--latency \"\(text)\" must be milliseconds, as in 200 or 0-20, 60000 at most") }
    return first...last
  }

  /// What one record takes from a plain C producer to a plain C consumer on the same kind of bus.
  private static func hop(_ kafka: String?, _ environment: [String: String]) throws(CommandError) -> Double {
    var settings: BusSettings?
    if let kafka {
      var environment = environment
      environment["CONCLAVE_KAFKA"] = kafka
      environment["CONCLAVE_EMBEDDED"] = nil
      do { settings = try Settings.load(service: "conclave", environment: environment).bus } catch {
        throw .settings("\(error)")
      }
    }
    let log = Log(service: "conclave", instance: "bench", level: .error, format: .text)
    return try awaited { [settings] () throws(CommandError) in
      do { return try await BusBench.run(settings, hops: 1_000, records: 2_000, log: log).plain.p50 } catch {
        throw .failed("\(error)")
      }
    }
  }
}

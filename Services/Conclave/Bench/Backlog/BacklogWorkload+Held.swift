internal import Deliberation
internal import Glibc
internal import Web

extension BacklogWorkload {
  /// One deliberation stays open while a hundred a second pass; then whoever decides is killed, and must fold everything
  /// since it began.
  mutating func held(_ bus: BenchBus) throws(CommandError) {
    let client = HTTPClient()
    defer { client.shutdown() }
    let system = try BenchSystem(bus, BenchSystem.Shape(open: 1_000))
    defer { system.stop(abruptly: true) }
    let rate = 100
    let minutes = holdMinutes
    // the longest that an ask may take is half an hour, and it must not be over yet when the deciders have come back
    let passing = Duration.seconds(min(60 * minutes, 1_770))
    let load = FusionBench(system, client, FusionBench.Panel(latency: 200...200), .seconds(1))
    let quick = FusionBench(system, client, FusionBench.Panel(latency: 0...0), .seconds(1))
    let (held, round) = try awaited { () async throws(CommandError) in
      let held = try await Self.hold(system, client, minutes)
      return (held, await load.paced(rate, for: passing))
    }
    let records = try awaited { () async throws(CommandError) in
      await system.metric("conclave_folding_held_records", of: "aggregator", client)
    }
    // all three at once, each by its own number
    for service in system.run.services where Self.deciders.contains(service.name) { kill(service.pid, SIGKILL) }
    let answered = try awaited { () async throws(CommandError) in await quick.all(60) }
    let isOpen = try awaited { () async throws(CommandError) in await Self.isOpen(held, system, client) }
    section.lines.append(
      """
      one deliberation held open for \(minutes) min under \(BenchTable.rounded(round.rate, 1)) fusions/s (p50 \
      \(BenchTable.rounded(round.p50 * 1_000, 1)), p99 \(BenchTable.rounded(round.p99 * 1_000, 1)) ms beyond the models), \
      \(BenchTable.rounded(records, 0)) records held for it; deciders killed: 60 new asks, some on every partition, were \
      all answered after \(BenchTable.rounded(answered ?? .nan, 1)) s (goal 10); it was still open then: \
      \(isOpen ? "yes" : "no")
      """)
    section.json["held"] = [
      "minutes": .int(Int64(minutes)), "fusions_per_second": .double(round.rate), "held_records": .double(records),
      "refold_seconds": answered.map(JSON.double) ?? .null, "still_open": .bool(isOpen),
    ]
    section.isSound = section.isSound && answered != nil && isOpen && round.errors.isEmpty
    if !round.errors.isEmpty {
      let faults = round.errors.sorted { $0.value > $1.value }.prefix(3).map { "\($0.value) × \($0.key)" }
      section.warnings.append("under the held deliberation: \(faults.joined(separator: ", "))")
    }
  }

  private static let deciders: Set<String> = ["panel-dispatcher", "aggregator", "judge"]

  /// Its one member writes a word a second for as long as asks may take.
  private static func hold(
    _ system: BenchSystem, _ client: HTTPClient, _ minutes: Int
  ) async throws(CommandError) -> String {
    let longest: Int64 = 1_800_000
    let body: JSON = [
      "model": "openrouter/fusion", "messages": [["role": "user", "content": "What takes its time?"]],
      "plugins": [
        [
          "id": "fusion", "mode": "best-of", "analysis_models": ["simulator/model-slow+words-1900+pace-1"],
          "model": "simulator/model-judge", "deadline_ms": .int(longest), "panel_deadline_ms": .int(longest - 2_000),
        ]
      ],
    ]
    let request = HTTPRequest(
      method: "POST", url: system.url + "/v1/deliberations", headers: [("content-type", "application/json")],
      body: body.bytes, timeouts: HTTPRequest.Timeouts(total: .seconds(30)))
    guard let response = try? await client.send(request), response.status == 202,
      let id = response.header("x-generation-id") ?? (try? JSON.parse(response.body))?["id"]?.string
    else { throw .failed("the deliberation that is to be held open was refused") }
    return id
  }

  private static func isOpen(_ id: String, _ system: BenchSystem, _ client: HTTPClient) async -> Bool {
    let request = HTTPRequest(
      url: system.url + "/v1/deliberations/\(id)", timeouts: HTTPRequest.Timeouts(total: .seconds(10)))
    guard let response = try? await client.send(request) else { return false }
    return (try? JSON.parse(response.body))?["status"]?.string == "open"
  }
}

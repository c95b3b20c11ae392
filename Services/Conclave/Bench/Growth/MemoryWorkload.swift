internal import Deliberation
internal import Threads
internal import Web

/// What an open deliberation and a call in flight take: the same system with more and more of them open, at the moment
/// when nothing else happens.
enum MemoryWorkload {
  /// Every call waits that long: long enough to open everything and look, shorter than a provider may stay silent.
  static let latency = 55_000
  static let members = 3

  private struct Stage: Sendable {
    let open: Double
    let calls: Double
    let memory: Figures
    /// Asks that were refused: the embedded broker has no room for more.
    let refused: Int
  }

  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let counts = try counts(context)
    let (stages, rest) = try context.onBus { bus throws(CommandError) in
      let system = try BenchSystem(bus, BenchSystem.Shape(open: 2 * (counts.max() ?? 0) + 500))
      // what waits for a minute is not waited for
      defer { system.stop(abruptly: true) }
      let client = HTTPClient()
      defer { client.shutdown() }
      return try awaited { () async throws(CommandError) -> ([Stage], RestFigures) in
        let rest = await RestFigures.of(
          system, isEmbedded: context.kafka == nil, settling: .seconds(context.size.of(2, 5, 10)),
          over: .seconds(context.size.of(3, 10, 10)))
        var stages: [Stage] = []
        var asked = 0
        for count in counts.sorted() {
          let refused = await open(count - asked, system, client)
          asked = count
          try? await Task.sleep(for: .seconds(4))
          stages.append(
            Stage(
              open: await system.metric("conclave_open_deliberations", of: "aggregator", client),
              calls: await system.metric("conclave_calls_in_flight", of: "model-caller", client),
              memory: system.processes.memory(), refused: refused))
        }
        return (stages, rest)
      }
    }
    var section = Section("memory", "memory (PSS), \(context.bus)")
    section.tables = [table(stages)]
    section.lines = rest.lines
    let refused = stages.reduce(0) { $0 + $1.refused }
    if refused > 0 { section.lines.append("\(refused) asks were refused for want of room and do not count") }
    section.isSound = (stages.last?.open ?? 0) > (stages.first?.open ?? 0)
    section.json = [
      "rest": rest.json,
      "stages": .array(
        stages.map {
          [
            "open": .double($0.open), "calls": .double($0.calls), "megabytes": $0.memory.json,
            "refused": .int(Int64($0.refused)),
          ]
        }),
      "bytes_per_open_deliberation": slopes(stages, \.open).json,
      "bytes_per_call_in_flight": .double(slopes(stages, \.calls)["model-caller"]),
    ]
    return section
  }

  private static func counts(_ context: BenchContext) throws(CommandError) -> [Int] {
    guard let text = context.arguments["--open"] else {
      return context.kafka == nil
        ? context.size.of([0, 100, 300], [0, 300, 900], [0, 300, 900])
        : context.size.of([0, 200, 1_000], [0, 1_000, 5_000], [0, 1_000, 5_000])
    }
    let counts = text.split(separator: ",").compactMap { Int($0) }.filter { (0...100_000).contains($0) }
    guard counts.count > 1, counts.count == text.split(separator: ",").count else {
      throw .usage("--open \"\(text)\" must be at least two numbers from 0 to 100000, comma separated")
    }
    return counts
  }

  /// Asks without waiting, and says how many were refused.
  private static func open(_ count: Int, _ system: BenchSystem, _ client: HTTPClient) async -> Int {
    let models = (0..<members).map { JSON.string("simulator/model-\($0)+latency-\(latency)") }
    let body: JSON = [
      "model": "openrouter/fusion", "messages": [["role": "user", "content": "What would you rather not forget?"]],
      "plugins": [
        ["id": "fusion", "mode": "best-of", "analysis_models": .array(models), "model": "simulator/model-judge"]
      ],
    ]
    let request = HTTPRequest(
      method: "POST", url: system.url + "/v1/deliberations", headers: [("content-type", "application/json")],
      body: body.bytes, timeouts: HTTPRequest.Timeouts(total: .seconds(30)))
    let left = Lock(count)
    return await withTaskGroup(of: Int.self) { group in
      for _ in 0..<32 {
        group.addTask {
          var refused = 0
          while left.withLock({
            $0 -= 1
            return $0 >= 0
          }) {
            if (try? await client.send(request))?.status != 202 { refused += 1 }
          }
          return refused
        }
      }
      return await group.reduce(0, +)
    }
  }

  /// Bytes for each more of what is counted: least squares over the stages.
  private static func slopes(_ stages: [Stage], _ size: KeyPath<Stage, Double>) -> Figures {
    var slopes = Figures()
    let mean = Spread.mean(stages.map { $0[keyPath: size] })
    let across = stages.reduce(0) { $0 + ($1[keyPath: size] - mean) * ($1[keyPath: size] - mean) }
    for name in stages.first?.memory.names ?? [] {
      let along = stages.reduce(0) { $0 + ($1[keyPath: size] - mean) * $1.memory[name] }
      slopes.add(name, across > 0 ? along / across * 1e6 : .nan)
    }
    return slopes
  }

  private static func table(_ stages: [Stage]) -> BenchTable {
    let perOpen = slopes(stages, \.open)
    let perCall = slopes(stages, \.calls)
    var rows = [["MB"] + stages.map { "\(BenchTable.rounded($0.open, 0)) open" } + ["KB/open", "KB/call"]]
    for name in stages.first?.memory.names ?? [] {
      rows.append(
        [name] + stages.map { BenchTable.rounded($0.memory[name], 1) } + [
          BenchTable.rounded(perOpen[name] / 1e3, 1),
          name == "model-caller" ? BenchTable.rounded(perCall[name] / 1e3, 1) : "",
        ])
    }
    return BenchTable(
      head: """
        panels of \(members), every call waits; calls in flight: \
        \(stages.map { BenchTable.rounded($0.calls, 0) }.joined(separator: ", "))
        """, rows: rows)
  }
}

internal import Deliberation
internal import Glibc
internal import Threads
internal import Web

/// Panels of three and a judge, mode `best-of`: two stages of models one after the other, through the gateway and the
/// whole log. What goes beyond the time of the models is what Conclave takes.
struct FusionBench {
  static let members = 3

  /// What one load did, measured once.
  struct Round: Sendable {
    var requests = 0
    var errors: [String: Int] = [:]
    var seconds = 0.0
    /// Seconds beyond the models' own, sorted.
    var overheads: [Double] = []
    var ids: [String] = []
    /// Seconds of CPU of each process meanwhile.
    var cpu: [(name: String, seconds: Double)] = []
    /// Megabytes in memory of each process at the end.
    var memory: [(name: String, megabytes: Double)] = []

    var rate: Double { Double(requests) / seconds }
    var p50: Double { GatewayBench.percentile(overheads, 0.5) }
    var p99: Double { GatewayBench.percentile(overheads, 0.99) }
    /// Milliseconds of CPU per fusion, over all processes.
    var cost: Double { cpu.reduce(0) { $0 + $1.seconds } * 1_000 / Double(max(1, requests)) }
    /// How many cores the load generator itself took.
    var generator: Double { (cpu.first { $0.name == Self.generatorName }?.seconds ?? 0) / seconds }

    static let generatorName = "this client"
  }

  /// What a number of clients did, in every round.
  struct Level: Sendable {
    let clients: Int
    let rounds: [Round]
    /// From the events of some of the deliberations.
    let path: FusionPath.Medians?

    /// The least, the middle and the most of a figure over the rounds.
    func spread(_ figure: (Round) -> Double) -> (least: Double, middle: Double, most: Double) {
      let values = rounds.map(figure).sorted()
      return (values.first ?? .nan, GatewayBench.percentile(values, 0.5), values.last ?? .nan)
    }
  }

  let system: BenchSystem
  let client: HTTPClient
  /// Milliseconds that each model takes, from and to.
  let latency: ClosedRange<Int>
  let duration: Duration
  /// Process ids that belong to the system beside those that it started: a broker that was there before.
  let others: [(name: String, pid: Int32)]

  /// What the two stages of models take together, in seconds. Of a range the middle is no measure of anything, so
  /// nothing is taken off.
  private var ideal: Double { latency.count == 1 ? Double(2 * latency.lowerBound) / 1_000 : 0 }

  func level(clients: Int, rounds: Int) async -> Level {
    var done: [Round] = []
    for number in 0..<rounds { done.append(await round(clients: clients, "\(clients).\(number)")) }
    return Level(clients: clients, rounds: done, path: await path(of: done.last?.ids ?? []))
  }

  private func round(clients: Int, _ name: String) async -> Round {
    let measured = Lock(Round())
    let began = ContinuousClock.now
    let pause = max(Duration.milliseconds(20), Duration.seconds(ideal))
    let from: ContinuousClock.Instant = began + max(duration / 4, pause * 2)
    let until = from + duration
    async let figures = figures(from, until)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<clients {
        group.addTask {
          // spread over the time of one fusion, as clients that know nothing of each other are
          try? await Task.sleep(until: began + pause * number / clients, clock: .continuous)
          var turn = 0
          while ContinuousClock.now < until {
            turn += 1
            let start = ContinuousClock.now
            let (id, fault) = await ask("\(name).\(number).\(turn)")
            let end = ContinuousClock.now
            guard end >= from, end <= until else { continue }
            measured.withLock { measured in
              if let id {
                measured.requests += 1
                measured.overheads.append((end - start) / .seconds(1) - ideal)
                if measured.ids.count < FusionPath.sample { measured.ids.append(id) }
              } else {
                measured.errors[fault, default: 0] += 1
              }
            }
          }
        }
      }
    }
    var result = measured.withLock { $0 }
    result.overheads.sort()
    result.seconds = duration / .seconds(1)
    result.cpu = await figures
    result.memory = processes.map { ($0.name, ProcessFigures.memory($0.pid)) }
    return result
  }

  private func ask(_ question: String) async -> (id: String?, fault: String) {
    let models = (0..<Self.members).map { "simulator/model-\($0)+latency-\(latencyName)" }
    let body: JSON = [
      "model": "openrouter/fusion",
      "messages": [["role": "user", "content": .string("What about \(question)?")]],
      "plugins": [
        [
          "id": "fusion", "mode": "best-of", "analysis_models": .array(models.map(JSON.string)),
          "model": .string("simulator/model-judge+latency-\(latencyName)"),
        ]
      ],
    ]
    let request = HTTPRequest(
      method: "POST", url: system.url + "/v1/chat/completions", headers: [("content-type", "application/json")],
      body: body.bytes, timeouts: HTTPRequest.Timeouts(total: .seconds(120)))
    do {
      let response = try await client.send(request)
      guard response.status == 200 else { return (nil, "status \(response.status)") }
      guard let id = (try? JSON.parse(response.body))?["id"]?.string else { return (nil, "no id") }
      return (id, "")
    } catch { return (nil, "\(error)") }
  }

  private var latencyName: String {
    latency.count == 1 ? "\(latency.lowerBound)" : "\(latency.lowerBound)-\(latency.upperBound)"
  }

  private var processes: [(name: String, pid: Int32)] {
    system.run.services.map { ($0.name, $0.pid) } + others
      + [("supervisor", system.run.up), (Round.generatorName, getpid())]
  }

  /// The CPU that each process takes between two moments.
  private func figures(
    _ from: ContinuousClock.Instant, _ until: ContinuousClock.Instant
  ) async -> [(name: String, seconds: Double)] {
    try? await Task.sleep(until: from, clock: .continuous)
    let before = processes.map { ProcessFigures.cpu($0.pid) }
    try? await Task.sleep(until: until, clock: .continuous)
    return zip(processes, before).map { ($0.name, ProcessFigures.cpu($0.pid) - $1) }
  }

  /// What the system takes while nobody asks anything: cores, and megabytes.
  func rest(for duration: Duration) async -> (cpu: [(name: String, cores: Double)], memory: [(String, Double)]) {
    let from = ContinuousClock.now
    let used = await figures(from, from + duration)
    return (
      used.map { ($0.name, $0.seconds / (duration / .seconds(1))) },
      processes.map { ($0.name, ProcessFigures.memory($0.pid)) }
    )
  }

  private func path(of ids: [String]) async -> FusionPath.Medians? {
    // the ledger may be a second behind
    try? await Task.sleep(for: .seconds(2))
    var paths: [FusionPath] = []
    for id in ids {
      let request = HTTPRequest(
        url: system.url + "/v1/deliberations/\(id)/events", timeouts: HTTPRequest.Timeouts(total: .seconds(10)))
      guard let response = try? await client.send(request), response.status == 200,
        let events = try? JSON.parse(response.body), let path = FusionPath(events, members: Self.members)
      else { continue }
      paths.append(path)
    }
    return FusionPath.medians(paths)
  }
}

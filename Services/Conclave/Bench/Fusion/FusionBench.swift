internal import Deliberation
internal import Glibc
internal import Threads
internal import Web

/// Panels and a judge, mode `best-of`: two stages of models one after the other, through the gateway and the whole log.
/// What goes beyond the time of the models is what Conclave takes.
struct FusionBench: Sendable {
  /// Who is asked, and how they answer.
  struct Panel: Sendable {
    var members = 3
    /// Milliseconds that each model takes, from and to.
    var latency: ClosedRange<Int>
    /// How long each answer is; nil: a few sentences.
    var answerBytes: Int?

    /// What the two stages of models take together, in seconds. Of a range the middle is no measure of anything, so
    /// nothing is taken off.
    var ideal: Double { latency.count == 1 ? Double(2 * latency.lowerBound) / 1_000 : 0 }

    var latencyName: String {
      latency.count == 1 ? "\(latency.lowerBound)" : "\(latency.lowerBound)-\(latency.upperBound)"
    }

    /// The body of an ask in two halves; a question stands between them.
    fileprivate var body: (before: [UInt8], after: [UInt8]) {
      let size = answerBytes.map { "+bytes-\($0)" } ?? ""
      let models = (0..<members).map { "simulator/model-\($0)+latency-\(latencyName)\(size)" }
      let mark = "What about @?"
      let body: JSON = [
        "model": "openrouter/fusion",
        "messages": [["role": "user", "content": .string(mark)]],
        "plugins": [
          [
            "id": "fusion", "mode": "best-of", "analysis_models": .array(models.map(JSON.string)),
            "model": .string("simulator/model-judge+latency-\(latencyName)"),
          ]
        ],
      ]
      let halves = body.text.split(separator: "@", maxSplits: 1)
      return (Array(halves[0].utf8), Array(halves[1].utf8))
    }
  }

  /// One that was answered, for its way over the bus: when it was asked and answered, in seconds since 1970.
  struct Answered: Sendable {
    let id: String
    let asked: Double
    let answered: Double
  }

  /// What one load did, measured once.
  struct Round: Sendable {
    var requests = 0
    var errors: [String: Int] = [:]
    /// Seconds beyond the models' own, sorted.
    var overheads: [Double] = []
    var answered: [Answered] = []
    var use = ProcessUse(seconds: 0, cpu: Figures(), busiestThread: 0)
    /// Megabytes in memory of each process at the end.
    var memory = Figures()

    var rate: Double { Double(requests) / use.seconds }
    var p50: Double { Spread.percentile(overheads, 0.5) }
    var p99: Double { Spread.percentile(overheads, 0.99) }
    /// Milliseconds of CPU per fusion, over all processes.
    var cost: Double { costs.total }
    /// The same of each; no number where nothing was answered.
    var costs: Figures { use.cpu.times(requests > 0 ? 1_000 / Double(requests) : .nan) }
  }

  /// What a number of clients did, in every round.
  struct Level: Sendable {
    let clients: Int
    let rounds: [Round]
    /// From the events of some of the deliberations.
    let path: FusionPath.Means?

    func spread(_ figure: (Round) -> Double) -> Spread { Spread(rounds.map(figure)) }

    /// The round whose cost is the middle one.
    var middle: Round {
      let sorted = rounds.sorted { $0.cost < $1.cost }
      return sorted.isEmpty ? Round() : sorted[sorted.count / 2]
    }

    var errors: Int { rounds.reduce(0) { $0 + $1.errors.values.reduce(0, +) } }
  }

  let system: BenchSystem
  let client: HTTPClient
  let panel: Panel
  let duration: Duration
  private let processes: ProcessSet
  private let body: (before: [UInt8], after: [UInt8])

  init(_ system: BenchSystem, _ client: HTTPClient, _ panel: Panel, _ duration: Duration) {
    self.system = system
    self.client = client
    self.panel = panel
    self.duration = duration
    processes = system.processes
    body = panel.body
  }

  /// Clients that each ask again as soon as they are answered.
  func round(clients: Int) async -> Round {
    let measured = Lock(Round())
    let began = ContinuousClock.now
    let pause = max(Duration.milliseconds(20), Duration.seconds(panel.ideal))
    let from: ContinuousClock.Instant = began + max(duration / 4, pause * 2)
    let until = from + duration
    async let use = use(from, until)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<clients {
        group.addTask {
          // spread over the time of one fusion, as clients that know nothing of each other are
          try? await Task.sleep(until: began + pause * number / clients, clock: .continuous)
          while ContinuousClock.now < until { await ask(measured, from, until) }
        }
      }
    }
    return finish(measured, await use)
  }

  /// So many asks a second, whether those before are answered or not.
  func paced(_ rate: Int, for time: Duration) async -> Round {
    let measured = Lock(Round())
    let from = ContinuousClock.now
    let until = from + time
    async let use = use(from, until)
    await withDiscardingTaskGroup { group in
      var number = 0
      while ContinuousClock.now < until {
        number += 1
        group.addTask { await ask(measured, from, until + .seconds(60)) }
        try? await Task.sleep(until: from + .seconds(1) * number / rate, clock: .continuous)
      }
    }
    return finish(measured, await use)
  }

  private func finish(_ measured: Lock<Round>, _ use: ProcessUse) -> Round {
    var result = measured.withLock { $0 }
    result.overheads.sort()
    result.use = use
    result.memory = processes.memory()
    return result
  }

  private func ask(
    _ measured: Lock<Round>, _ from: ContinuousClock.Instant, _ until: ContinuousClock.Instant
  ) async {
    let asked = WallTime.seconds
    let start = ContinuousClock.now
    let answer = await ask()
    let end = ContinuousClock.now
    guard end >= from, end <= until else { return }
    measured.withLock { measured in
      switch answer {
      case .success(let id):
        measured.requests += 1
        measured.overheads.append((end - start) / .seconds(1) - panel.ideal)
        measured.answered.append(
          Answered(id: id, asked: asked, answered: asked + (end - start) / .seconds(1)))
      case .failure(let fault): measured.errors[fault.text, default: 0] += 1
      }
    }
  }

  private struct Fault: Error { let text: String }

  /// One fusion. Its id comes as a header, so nothing of the body is parsed by who measures.
  private func ask() async -> Result<String, Fault> {
    let question = Array(String(UInt64.random(in: .min ... .max), radix: 36).utf8)
    let request = HTTPRequest(
      method: "POST", url: system.url + "/v1/chat/completions", headers: [("content-type", "application/json")],
      body: body.before + question + body.after, timeouts: HTTPRequest.Timeouts(total: .seconds(120)))
    do throws(HTTPError) {
      let response = try await client.send(request)
      guard response.status == 200 else { return .failure(Fault(text: "status \(response.status)")) }
      guard let id = response.header("x-generation-id") else { return .failure(Fault(text: "no id")) }
      return .success(id)
    } catch { return .failure(Fault(text: "\(error)")) }
  }

  /// Seconds until an ask of each of so many clients at once was answered; nil: one was not.
  func all(_ clients: Int) async -> Double? {
    let began = ContinuousClock.now
    let good = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<clients { group.addTask { await answeredAtLast(began + .seconds(120)) } }
      return await group.reduce(true) { $0 && $1 }
    }
    return good ? (ContinuousClock.now - began) / .seconds(1) : nil
  }

  /// Asks again where it was refused, as clients do while services come back.
  private func answeredAtLast(_ end: ContinuousClock.Instant) async -> Bool {
    while ContinuousClock.now < end {
      if case .success = await ask() { return true }
      try? await Task.sleep(for: .milliseconds(50))
    }
    return false
  }

  /// What all processes take between two moments.
  private func use(_ from: ContinuousClock.Instant, _ until: ContinuousClock.Instant) async -> ProcessUse {
    try? await Task.sleep(until: from, clock: .continuous)
    let before = processes.sample()
    try? await Task.sleep(until: until, clock: .continuous)
    return processes.use(before, processes.sample())
  }
}

internal import Bus
internal import Deliberation

/// A pipeline leaves many asks on `requests.bulk`. They wait in the topic, not in memory, and who asks through the door
/// meanwhile is served as if they were not there.
enum BacklogScenario: Scenario {
  static let name = "backlog"
  static let maxOpen = 500
  static let samples = 15

  static func models(_ options: Options) -> Models {
    Models(
      manner: "latency-\(options.latency == "300-3000" ? "1500-2500" : options.latency)", members: 2, maxOpen: maxOpen)
  }

  static func run(_ stage: Stage) throws(Failure) {
    let options = stage.options
    let asks = options.asks ?? 20_000
    try stage.open()
    let idle = try interactive(stage, first: 0)
    say("idle: an interactive ask takes \(idle) ms")
    let results = try TopicCount(
      { $0.results }, type: "conclave.result.v1", bootstrap: stage.house.bus, isEmbedded: stage.house.isEmbedded)
    defer { results.stop() }
    let begun = ContinuousClock.now
    try fill(asks, stage)
    say("\(asks) asks wait on requests.bulk after \((.now - begun).milliseconds) ms")
    var highest: [String: Double] = [:]
    func look() {
      for name in ["panel-dispatcher", "aggregator", "judge"] {
        guard let service = stage.house.services.first(where: { $0.name == name }),
          let open = stage.doors.metrics(service.admin)?.sum("conclave_open_deliberations_highest")
        else { continue }
        highest[name] = max(highest[name] ?? 0, open)
      }
    }
    let total = asks + samples
    _ = eventually(within: .seconds(options.limit), every: .milliseconds(200)) {
      look()
      return results.count >= total / 4
    }
    let busy = try interactive(stage, first: samples, meanwhile: look)
    say("with \(total - results.count) still waiting: an interactive ask takes \(busy) ms")
    stage.demand(results.count < total, "the backlog was over before the interactive asks were: use more --asks")
    let isDone = eventually(within: .seconds(options.limit), every: .milliseconds(200)) {
      look()
      return results.count >= total + samples
    }
    let seconds = Double((.now - begun).milliseconds) / 1000
    stage.demand(isDone, "\(results.count) of \(total + samples) results came")
    for (name, open) in highest.sorted(by: { $0.key < $1.key }) {
      stage.line("\(name): at most \(Int(open)) open deliberations, the bound is \(maxOpen)")
      stage.figure("open_\(name)", .int(Int64(open)))
      stage.demand(open <= Double(maxOpen), "\(name) had \(Int(open)) open, more than \(maxOpen)")
    }
    stage.demand(highest["panel-dispatcher"] != nil, "conclave_open_deliberations_highest is not exported")
    stage.figure("idle_ms_p50", .int(idle))
    stage.figure("busy_ms_p50", .int(busy))
    stage.figure("asks_per_second", .double(Double(asks) / seconds))
    stage.line("interactive: \(idle) ms idle, \(busy) ms in the backlog; \(Int(Double(asks) / seconds)) asks a second")
    stage.demand(busy <= 2 * idle, "an interactive ask took \(busy) ms, more than twice its idle \(idle) ms")
    stage.judge()
  }

  /// The median of some asks one after the other.
  private static func interactive(_ stage: Stage, first: Int, meanwhile: () -> Void = {}) throws(Failure) -> Int64 {
    let clients = stage.startClients(
      Clients.Plan(asks: samples, open: 1, seed: stage.options.seed, first: first, patience: .seconds(60)))
    let isDone = eventually(within: .seconds(600), every: .milliseconds(200)) {
      meanwhile()
      return clients.isDone
    }
    guard isDone else { throw Failure("interactive asks are not answered") }
    let latencies = clients.latencies.map(\.milliseconds).sorted()
    return latencies[latencies.count / 2]
  }

  private static func fill(_ asks: Int, _ stage: Stage) throws(Failure) {
    let pipeline = try Pipeline(bootstrap: stage.house.bus, isEmbedded: stage.house.isEmbedded)
    defer { pipeline.close() }
    let seed = stage.options.seed
    try pipeline.write(asks, to: .requestsBulk, within: .seconds(120)) { number in
      let id = "backlog-\(seed)-\(number)"
      let request: JSON = [
        "model": "openrouter/fusion",
        "messages": [["role": "user", "content": "Backlog question \(number): what is worth waiting for?"]],
      ]
      return (id, id, ["request": request])
    }
    for number in 0..<asks { stage.book.write(["kind": "sent", "id": .string("backlog-\(seed)-\(number)")]) }
  }
}

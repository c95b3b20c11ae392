internal import Deliberation
internal import Threads
internal import Web

/// Loads a gateway with clients that each ask again as soon as they are answered.
struct GatewayBench: Sendable {
  /// What is asked.
  enum Kind: String, CaseIterable, Sendable {
    /// The HTTP edge alone: an answer that needs no bus.
    case edge
    /// The smallest round trip: one call of one model.
    case plain
    case fusion
  }

  struct Stage: Sendable {
    let kind: Kind
    let clients: Int
    let requests: Int
    let errors: Int
    let seconds: Double
    let p50: Double
    let p99: Double
    let use: ProcessUse

    var rate: Double { Double(requests) / seconds }
  }

  let system: BenchSystem
  let client: HTTPClient
  /// How long each stage is measured, after a fifth of that to warm up.
  let duration: Duration

  func stage(_ kind: Kind, clients: Int) async -> Stage {
    let measured = Lock<(times: [Double], errors: Int)>(([], 0))
    let began = ContinuousClock.now
    let from = began + duration / 5
    let until = from + duration
    async let use = use(from, until)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<clients {
        group.addTask {
          var turn = 0
          while ContinuousClock.now < until {
            turn += 1
            let start = ContinuousClock.now
            let isGood = await ask(kind, "\(number).\(turn)")
            let end = ContinuousClock.now
            guard end >= from, end <= until else { continue }
            measured.withLock { measured in
              if isGood { measured.times.append((end - start) / .seconds(1)) } else { measured.errors += 1 }
            }
          }
        }
      }
    }
    let (times, errors) = measured.withLock { ($0.times.sorted(), $0.errors) }
    return Stage(
      kind: kind, clients: clients, requests: times.count, errors: errors, seconds: duration / .seconds(1),
      p50: Spread.percentile(times, 0.5), p99: Spread.percentile(times, 0.99), use: await use)
  }

  private func ask(_ kind: Kind, _ number: String) async -> Bool {
    let timeouts = HTTPRequest.Timeouts(total: .seconds(120))
    let request: HTTPRequest
    switch kind {
    case .edge: request = HTTPRequest(url: system.url + "/v1/model/openrouter/fusion", timeouts: timeouts)
    case .plain, .fusion:
      let body: JSON = [
        "model": kind == .plain ? "simulator/model-bench+latency-0" : "openrouter/fusion",
        "messages": [["role": "user", "content": .string("Question \(number)?")]],
      ]
      request = HTTPRequest(
        method: "POST", url: system.url + "/v1/chat/completions", headers: [("content-type", "application/json")],
        body: body.bytes, timeouts: timeouts)
    }
    return (try? await client.send(request))?.status == 200
  }

  /// What all processes take between two moments.
  private func use(_ from: ContinuousClock.Instant, _ until: ContinuousClock.Instant) async -> ProcessUse {
    let processes = system.processes
    try? await Task.sleep(until: from, clock: .continuous)
    let before = processes.sample()
    try? await Task.sleep(until: until, clock: .continuous)
    return processes.use(before, processes.sample())
  }
}

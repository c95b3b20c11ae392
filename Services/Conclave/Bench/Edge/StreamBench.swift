internal import Deliberation
internal import Threads
internal import Web

/// Many clients that each read one slow stream at the same time.
struct StreamBench: Sendable {
  struct Result: Sendable {
    let clients: Int
    /// Streams that ended as they should, with all of their text.
    let whole: Int
    let failed: [String: Int]
    let tokens: Int
    let gapP50: Double
    let gapP99: Double
    let gapMost: Double
    let seconds: Double
    let cpu: Figures
    /// Megabytes, at the moment when all together took most.
    let memory: Figures
  }

  /// One client's stream as it is read, on the HTTP client's thread.
  private struct Reading {
    var parser = SSEParser(limit: 4_000_000)
    var text = ""
    var pieces = 0
    var last: ContinuousClock.Instant?
    var finish: String?
    /// What the model says that it wrote.
    var written: Int64?
    var isDone = false
  }

  private struct State {
    var readings: [Int: Reading] = [:]
    var gaps: [Double] = []
    var open = 0
    var whole = 0
    var tokens = 0
    var failed: [String: Int] = [:]
  }

  let system: BenchSystem
  let client: HTTPClient
  let clients: Int
  /// Words a second, and how many.
  let pace: Int
  let words: Int

  func run() async -> Result {
    let state = Lock(State())
    let began = ContinuousClock.now
    let processes = system.processes
    let before = processes.sample()
    for number in 0..<clients {
      state.withLock { $0.open += 1 }
      start(number, state)
    }
    var memory = processes.memory()
    var looked = began
    while state.withLock({ $0.open }) > 0, ContinuousClock.now - began < .seconds(180) {
      try? await Task.sleep(for: .milliseconds(100))
      // looking at memory costs those who are looked at
      guard ContinuousClock.now - looked > .seconds(2) else { continue }
      looked = .now
      let now = processes.memory()
      if now.total > memory.total { memory = now }
    }
    let end = state.withLock { $0 }
    let gaps = end.gaps.sorted()
    var failed = end.failed
    if end.open > 0 { failed["not over after 180 s"] = end.open }
    return Result(
      clients: clients, whole: end.whole, failed: failed, tokens: end.tokens,
      gapP50: Spread.percentile(gaps, 0.5), gapP99: Spread.percentile(gaps, 0.99),
      gapMost: gaps.last ?? .nan, seconds: (ContinuousClock.now - began) / .seconds(1),
      cpu: processes.use(before, processes.sample()).cpu, memory: memory)
  }

  private func start(_ number: Int, _ state: Lock<State>) {
    let body: JSON = [
      "model": .string("simulator/model-bench+words-\(words)+pace-\(pace)"), "stream": true,
      "messages": [["role": "user", "content": .string("Question \(number)?")]],
    ]
    let request = HTTPRequest(
      method: "POST", url: system.url + "/v1/chat/completions", headers: [("content-type", "application/json")],
      body: body.bytes, timeouts: HTTPRequest.Timeouts(connect: .seconds(30), total: .seconds(170)))
    let reading = Lock(Reading())
    let status = Lock(0)
    client.start(request) { event in
      switch event {
      case .head(let code, _): status.withLock { $0 = code }
      case .body(let bytes): Self.read(bytes, reading, state)
      case .done:
        let code = status.withLock { $0 }
        let end = reading.withLock { $0 }
        Self.close(state, tokens: end.pieces, code != 200 ? "status \(code)" : Self.fault(end))
      case .failed(let error): Self.close(state, tokens: 0, "\(error)")
      }
    }
  }

  private static func read(_ bytes: [UInt8], _ reading: Lock<Reading>, _ state: Lock<State>) {
    let now = ContinuousClock.now
    let gap = reading.withLock { reading -> Double? in
      let before = reading.pieces
      for event in reading.parser.feed(bytes) {
        if event.text == "[DONE]" {
          reading.isDone = true
          continue
        }
        guard let chunk = try? JSON.parse(event.text) else { continue }
        if let written = chunk["usage"]?["completion_tokens"]?.int { reading.written = written }
        if let choice = chunk["choices"]?[0] {
          reading.finish = choice["finish_reason"]?.string ?? reading.finish
          if let text = choice["delta"]?["content"]?.string, !text.isEmpty {
            reading.text += text
            reading.pieces += 1
          }
        }
      }
      guard reading.pieces > before else { return nil }
      defer { reading.last = now }
      return reading.last.map { (now - $0) / .seconds(1) }
    }
    if let gap { state.withLock { $0.gaps.append(gap) } }
  }

  /// What is wrong with what was read; nil: nothing. The simulator's tokens are bytes divided by four, so every one of
  /// them can be asked for.
  private static func fault(_ end: Reading) -> String? {
    guard end.isDone else { return "no end" }
    guard end.finish == "stop" else { return "finish \(end.finish ?? "none")" }
    let read = Int64((end.text.utf8.count + 3) / 4)
    return read == end.written ? nil : "\(read) of \(end.written.map { "\($0)" } ?? "?") tokens"
  }

  private static func close(_ state: Lock<State>, tokens: Int, _ fault: String?) {
    state.withLock { state in
      state.open -= 1
      state.tokens += tokens
      if let fault { state.failed[fault, default: 0] += 1 } else { state.whole += 1 }
    }
  }
}

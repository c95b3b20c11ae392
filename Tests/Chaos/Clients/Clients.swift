internal import Deliberation
internal import Threads
internal import Web

/// Many clients at once over HTTP: so many asks in all, so many open at a time. What was refused for now (503, 429) is
/// asked again, as a client would.
final class Clients: Sendable {
  struct Plan: Sendable {
    var asks: Int
    var open: Int
    var seed: UInt64
    /// Asks that model alone instead of a panel.
    var model = "openrouter/fusion"
    /// Numbers of clients begin there: a run may have several groups.
    var first = 0
    /// At most so many new asks a second; 0: as fast as others end.
    var rate = 0
    var patience = Duration.seconds(300)
  }

  private struct State {
    var next: Int
    var again: [(number: Int, due: ContinuousClock.Instant)] = []
    var open = 0
    var finished = 0
    var refused = 0
    var isStopped = false
    /// How many are asked in all; falls to what has begun once it is enough.
    var asks: Int
    var latencies: [Duration] = []
    var lastAnswer: Int64 = 0
  }

  private let plan: Plan
  private let url: String
  private let client: HTTPClient
  private let book: ClientBook
  private let state: Lock<State>
  private let thread = Lock<NamedThread.Handle?>(nil)

  init(_ plan: Plan, http: String, client: HTTPClient, book: ClientBook) {
    self.plan = plan
    url = http + "/v1/chat/completions"
    self.client = client
    self.book = book
    state = Lock(State(next: plan.first, asks: plan.asks))
  }

  func start() {
    let handle = NamedThread.start("clients") { [self] in run() }
    thread.withLock { $0 = handle }
  }

  var finished: Int { state.withLock { $0.finished } }
  var refused: Int { state.withLock { $0.refused } }
  var open: Int { state.withLock { $0.open } }
  /// When the last answer came, in milliseconds since 1970.
  var lastAnswer: Int64 { state.withLock { $0.lastAnswer } }
  var latencies: [Duration] { state.withLock { $0.latencies } }
  var progress: Double { Double(finished) / Double(max(plan.asks, 1)) }
  var isDone: Bool { state.withLock { $0.finished >= $0.asks } }

  /// Nobody new asks from now on; whoever has begun is waited for.
  func enough() { state.withLock { $0.asks = min($0.asks, $0.next - plan.first) } }

  /// No new asks; those under way may end.
  func stop() {
    state.withLock { $0.isStopped = true }
    thread.withLock { $0 }?.join()
  }

  private func run() {
    let begun = ContinuousClock.now
    _ = eventually(within: .seconds(7200), every: .milliseconds(2)) {
      let now = ContinuousClock.now
      let allowed = plan.rate == 0 ? plan.asks : Int((now - begun).milliseconds) * plan.rate / 1000 + 1
      let numbers = state.withLock { state -> [Int] in
        var numbers: [Int] = []
        while state.open + numbers.count < plan.open {
          if let index = state.again.firstIndex(where: { $0.due <= now }) {
            numbers.append(state.again.remove(at: index).number)
          } else if state.next < plan.first + state.asks, state.next - plan.first < allowed {
            numbers.append(state.next)
            state.next += 1
          } else {
            break
          }
        }
        state.open += numbers.count
        return numbers
      }
      for number in numbers { ask(number) }
      return state.withLock { $0.isStopped || $0.finished >= $0.asks }
    }
  }

  private func body(_ number: Int) -> [UInt8] {
    let question = "Question \(number) of run \(plan.seed): what makes a queue fair, and what does it cost?"
    let json: JSON = [
      "model": .string(plan.model), "messages": [["role": "user", "content": .string(question)]],
    ]
    return json.bytes
  }

  private struct Partial {
    var status = 0
    var id: String?
    var body: [UInt8] = []
  }

  private func ask(_ number: Int) {
    let partial = Lock(Partial())
    let begun = ContinuousClock.now
    let at = Time.now
    let request = HTTPRequest(
      method: "POST", url: url, headers: [("content-type", "application/json")], body: body(number),
      timeouts: HTTPRequest.Timeouts(connect: .seconds(10), total: plan.patience))
    _ = client.start(request) { [self] event in
      switch event {
      case .head(let status, let headers):
        partial.withLock { partial in
          partial.status = status
          partial.id = headers.first { $0.0 == "x-generation-id" }?.1
        }
      case .body(let bytes): partial.withLock { $0.body += bytes }
      case .done: over(number, partial.withLock { $0 }, nil, begun, at)
      case .failed(let error): over(number, partial.withLock { $0 }, "\(error)", begun, at)
      }
    }
  }

  private func over(_ number: Int, _ partial: Partial, _ error: String?, _ begun: ContinuousClock.Instant, _ at: Int64)
  {
    let now = ContinuousClock.now
    if error == nil, partial.id == nil, partial.status == 503 || partial.status == 429 {
      state.withLock { state in
        state.open -= 1
        state.refused += 1
        state.again.append((number, now + .milliseconds(250)))
      }
      return
    }
    var line: JSONObject = ["kind": "ask", "number": .int(Int64(number)), "start": .int(at), "end": .int(Time.now)]
    line.append("id", ifPresent: partial.id.map { .string($0) })
    line.append("error", ifPresent: error.map { .string($0) })
    if error == nil {
      line.append("status", .int(Int64(partial.status)))
      // written anew by our own writer: what counts is what it says
      if let json = try? JSON.parse(partial.body) { line.append("answer_sha256", .string(SHA256.hex(json.bytes))) }
      if partial.status != 200 {
        line.append("answer", .string(String(decoding: partial.body.prefix(500), as: UTF8.self)))
      }
    }
    book.write(line)
    state.withLock { state in
      state.open -= 1
      state.finished += 1
      state.latencies.append(now - begun)
      state.lastAnswer = Time.now
    }
  }
}

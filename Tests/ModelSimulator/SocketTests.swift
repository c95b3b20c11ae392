import Deliberation
import SimulatorUnderTest
import Testing
import Waiting
import Web

@testable import ModelSimulator

@Suite(.timeLimit(.minutes(2))) struct SocketTests {
  /// One process for all tests that count nothing.
  private static let shared = Result { try SimulatorProcess() }

  private func error(
    _ model: String, stream: Bool = false, timeouts: HTTPRequest.Timeouts = .init(total: .seconds(20)),
    limit: Int = 8_000_000
  ) async throws -> HTTPError? {
    let simulator = try Self.shared.get()
    do throws(HTTPError) {
      _ = try await simulator.complete(
        Requests.chat("Why?", model: model, stream: stream), timeouts: timeouts, limit: limit)
      return nil
    } catch {
      return error
    }
  }

  @Test("a completion comes over both prefixes, marked as simulated")
  func completion() async throws {
    let simulator = try Self.shared.get()
    let body = Requests.chat("Why is the sky blue?")
    let answer = try await simulator.complete(body)
    #expect(answer.status == 200)
    #expect(answer.header("x-simulated") == "1")
    let content = try JSON.parse(answer.body)["choices"]?[0]?["message"]?["content"]?.string
    #expect(content == (try Requests.completion(body).content))
    let other = try await simulator.post("/api/v1/chat/completions", body)
    #expect(try JSON.parse(other.body)["choices"] == JSON.parse(answer.body)["choices"])
  }

  @Test("the latest request is shown where that is asked for, without its key, and else never")
  func last() async throws {
    let simulator = try SimulatorProcess(["--latency", "0", "--keep-last"])
    _ = try await simulator.complete(
      Requests.chat("Why?"), headers: [("authorization", "Bearer sk-1"), ("x-conclave-call", "d/panel/0/0/0")])
    let last = try JSON.parse(try await simulator.get("/last").body)
    #expect(last["path"] == "/v1/chat/completions")
    #expect(last["headers"]?["authorization"] == "(key)")
    #expect(last["headers"]?["x-conclave-call"] == "d/panel/0/0/0")
    #expect(last["body"] == Requests.chat("Why?"))
    let shared = try Self.shared.get()
    _ = try await shared.complete(Requests.chat("Why?"))
    #expect(try JSON.parse(try await shared.get("/last").body) == .null)
  }

  @Test("what is no request is refused, and the process goes on")
  func refused() async throws {
    let simulator = try Self.shared.get()
    #expect(try await simulator.post("/v1/chat/completions", "text").status == 400)
    #expect(try await simulator.post("/v1/chat/completions", ["model": "a/b"]).status == 400)
    let wrong = try await simulator.complete(Requests.chat("Why?", model: "simulator/stauts-429"))
    #expect(wrong.status == 404)
    #expect(try JSON.parse(wrong.body)["error"]?["code"] == "model_not_found")
    #expect(try await simulator.get("/nowhere").status == 404)
    #expect(try await simulator.get("/readyz").status == 200)
    #expect(try JSON.parse(await simulator.get("/v1/models").body)["data"]?[0]?["id"]?.string != nil)
  }

  @Test("silence ends with the client's patience, before the first byte and after half of the body")
  func silence() async throws {
    let first = HTTPRequest.Timeouts(firstByte: .milliseconds(150), total: .seconds(20))
    #expect(try await error("simulator/silent", timeouts: first) == .timeout(.firstByte))
    let idle = HTTPRequest.Timeouts(idle: .milliseconds(150), total: .seconds(20))
    #expect(try await error("simulator/stall", stream: true, timeouts: idle) == .timeout(.idle))
  }

  @Test("a hang-up and half an answer are cuts", arguments: ["hangup", "half"])
  func cut(part: String) async throws {
    for stream in [false, true] {
      guard case .cut = try await error("simulator/\(part)", stream: stream) else {
        Issue.record("\(part) was not seen as a cut")
        continue
      }
    }
  }

  @Test(
    "an endless answer and a bomb are stopped by the client's bound", arguments: ["endless", "gzip-bomb", "big-50mb"])
  func tooMuch(part: String) async throws {
    #expect(try await error("simulator/\(part)", limit: 3_000_000) == .bodyTooLarge(limit: 3_000_000))
  }

  @Test("fifty megabytes arrive whole where they are wanted")
  func big() async throws {
    let simulator = try Self.shared.get()
    let answer = try await simulator.complete(
      Requests.chat("Why?", model: "simulator/big-50mb"), timeouts: .init(total: .seconds(100)), limit: 60_000_000)
    #expect(answer.body.count > 50_000_000)
    #expect(try JSON.parse(answer.body)["choices"]?[0]?["finish_reason"] == "stop")
  }

  @Test("a paced stream takes its time and a drip comes byte by byte")
  func slow() async throws {
    let simulator = try Self.shared.get()
    let start = ContinuousClock.now
    let paced = try await simulator.complete(
      Requests.chat("Why?", model: "simulator/pace-50+words-20", stream: true))
    #expect(ContinuousClock.now - start >= .milliseconds(380))
    var parser = SSEParser()
    #expect(parser.feed(paced.body).last?.text == "[DONE]")
    let drip = HTTPRequest.Timeouts(total: .milliseconds(300))
    #expect(try await error("simulator/drip-20", timeouts: drip) == .timeout(.total))
  }

  @Test("calls and their repetitions are counted and listed")
  func counted() async throws {
    let simulator = try SimulatorProcess()
    let body = Requests.chat("Why?")
    for (call, execution) in [
      ("g/panel/0/0/0", "x"), ("g/panel/0/0/0", "x"), ("g/panel/0/1/0", "y"), ("g/panel/0/0/0", "z"),
    ] {
      _ = try await simulator.complete(
        body, headers: [("x-conclave-call", call), ("X-Conclave-Execution", execution)])
    }
    _ = try await simulator.complete(body)
    #expect(try await simulator.metric("conclave_simulator_requests_total") == 5)
    #expect(try await simulator.metric("conclave_simulator_calls_total") == 2)
    #expect(try await simulator.metric("conclave_simulator_calls_repeated_total") == 1)
    #expect(try await simulator.metric("conclave_simulator_executions_repeated_total") == 1)
    #expect(
      try JSON.parse(await simulator.get("/repeated").body)
        == ["calls": 2, "repeated": 1, "listed": [["call": "g/panel/0/0/0", "executions": 2]]])
    #expect(simulator.end() == 0)
  }

  @Test("an outage set from outside begins and ends")
  func outage() async throws {
    let simulator = try SimulatorProcess()
    let body = Requests.chat("Why?", model: "openai/gpt-5.5")
    _ = try await simulator.post("/behave", ["match": "openai/", "behaviour": "status-503", "for_ms": 60_000])
    #expect(try await simulator.complete(body).status == 503)
    _ = try await simulator.post("/behave", ["clear": true])
    #expect(try await simulator.complete(body).status == 200)
    #expect(try await simulator.post("/behave", ["behaviour": "nonsense", "for_ms": 5]).status == 400)
  }

  @Test("five hundred requests wait at once, each its time, on a handful of threads")
  func waiting() async throws {
    let simulator = try SimulatorProcess()
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<500 {
        group.addTask {
          try await simulator.complete(Requests.chat("Why \(number)?", model: "simulator/latency-8000")).status
        }
      }
      var most = 0.0
      var patience = Patience(.seconds(40))
      while most < 500, !patience.isOver() {
        most = max(most, try await simulator.metric("conclave_simulator_in_flight"))
      }
      #expect(most == 500)
      var answered = 0
      for try await status in group where status == 200 { answered += 1 }
      #expect(answered == 500)
    }
    #expect(ContinuousClock.now - start >= .seconds(8))
    #expect(try await simulator.metric("conclave_simulator_in_flight") == 0)
  }
}

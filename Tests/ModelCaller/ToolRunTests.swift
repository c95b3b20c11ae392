import Bus
import Deliberation
import Foundation
import ModelCaller
import Models
import SimulatorUnderTest
import Telemetry
import Testing
import Threads
import Tools
import Waiting
import Web

extension OnABroker {
  /// Calls that use tools, over a broker, the simulator and real tools.
  @Suite(.serialized, .timeLimit(.minutes(5))) struct ToolRunTests {
    private static let simulator = Result { try SimulatorProcess(["--latency", "0"]) }
    private static let search: [JSON] = [["type": "openrouter:web_search"]]
    private let simulator: SimulatorProcess

    init() throws { simulator = try Self.simulator.get() }

    /// A folder with one file in it, which is gone afterwards.
    private func withFolder(_ body: (String) async throws -> Void) async throws {
      let folder = FileManager.default.temporaryDirectory.path + "/conclave-run-\(UInt32.random(in: 0 ... .max))"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try "# Tides\n\nThe moon pulls at the sea.".write(toFile: folder + "/tides.md", atomically: true, encoding: .utf8)
      try await body(folder)
    }

    @Test(arguments: ["sim", "messages"])
    func `a model asks for a tool, is given what it found, and answers with it, in either format`(
      _ provider: String
    ) async throws {
      try await withFolder { folder in
        let stage = try await Stage(simulator.url)
        let models = ["simulator/model-t+latency-1", "simulator/model-u+tools-always"]
        let caller = try stage.caller(
          "a", via: Dictionary(uniqueKeysWithValues: models.map { ($0, [provider]) }),
          tools: ToolSettings(search: ToolSettings.Search(engine: .local(folder: folder))))
        await caller.ready()
        let question = "What pulls? [call web_search {\"query\":\"sea moon\"}]"
        let outcome = try await stage.outcome(
          try await stage.command(models[0], question: question, tools: Self.search))
        #expect(outcome["content"]?.string?.contains("local:tides.md") == true, "\(outcome.text.prefix(400))")
        #expect(outcome["tools"]?.array?.count == 1)
        #expect(outcome["tools"]?[0]?["outcome"] == "ok")
        #expect(outcome["tools"]?[0]?["sources"]?[0]?["url"] == "local:tides.md")
        #expect(outcome["annotations"]?[0]?["url_citation"]?["url"] == "local:tides.md")
        #expect(outcome["tries"]?.array?.count == 2)
        #expect(outcome["tool_calls"] == nil || outcome["tool_calls"] == [])
        // four turns with tools, then one without, which answers
        let stubborn = try await stage.outcome(
          try await stage.command(models[1], question: question, tools: Self.search))
        #expect(stubborn["tools"]?.array?.count == 4)
        #expect(stubborn["tries"]?.array?.count == 5)
        #expect(stubborn["content"]?.string?.isEmpty == false)
        #expect(stubborn["finish_reason"] == "stop")
      }
    }

    @Test(arguments: [true, false])
    func `a model that thinks is given its thoughts back with what its tools found`(_ streams: Bool) async throws {
      try await withFolder { folder in
        let stage = try await Stage(simulator.url)
        let whole = ProviderSettings(name: "whole", baseURL: simulator.url, format: .anthropic, streams: false)
        let caller = try stage.caller(
          "a", via: ["thinker": ["\(streams ? "messages" : "whole") simulator/tools-always+model-th"]], others: [whole],
          tools: ToolSettings(search: ToolSettings.Search(engine: .local(folder: folder))))
        await caller.ready()
        let question = "What pulls? [call web_search {\"query\":\"sea moon\"}]"
        let outcome = try await stage.outcome(
          try await stage.command("thinker", question: question, tools: Self.search) { command in
            command.parameters = ["reasoning": ["effort": "high"]]
            command.maxToolCalls = 2
          })
        #expect(outcome["reason"] == nil, "\(outcome.text.prefix(400))")
        #expect(outcome["tries"]?.array?.count == 3)
        #expect(outcome["tools"]?.array?.count == 2)
        #expect(outcome["reasoning"]?.string?.isEmpty == false)
        #expect(outcome["reasoning_details"]?[0]?["signature"] == "simulated")
      }
    }

    @Test func `a page is fetched within the loop, and an address inside is refused there`() async throws {
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a", tools: ToolSettings(fetch: ToolSettings.Fetch()))
      await caller.ready()
      let asked = Lock(0)
      let page = try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent) { _, responder in
        asked.withLock { $0 += 1 }
        responder.respond(200, [("content-type", "text/html")], Array("<p>inside</p>".utf8))
      }
      defer { page.stop() }
      let question = "What is there? [call web_fetch {\"url\":\"http://127.0.0.1:\(page.port)/\"}]"
      let outcome = try await stage.outcome(
        try await stage.command(question: question, tools: [["type": "openrouter:web_fetch"]]))
      #expect(outcome["reason"] == nil, "\(outcome.text.prefix(400))")
      #expect(outcome["tools"]?.array?.count == 1)
      #expect(outcome["tools"]?[0]?["name"] == "web_fetch")
      #expect(outcome["tools"]?[0]?["outcome"] == "refused")
      #expect(outcome["tries"]?.array?.count == 2)
      #expect(asked.withLock(\.self) == 0)
    }

    @Test func `the loop ends where its cost is reached, with one last turn without tools`() async throws {
      try await withFolder { folder in
        let stage = try await Stage(simulator.url)
        let caller = try stage.caller(
          "a", tools: ToolSettings(search: ToolSettings.Search(engine: .local(folder: folder))))
        await caller.ready()
        let question = "What pulls? [call web_search {\"query\":\"sea moon\"}]"
        let outcome = try await stage.outcome(
          try await stage.command("simulator/tools-always+cost-0.2", question: question, tools: Self.search) {
            command in
            command.toolStopCost = 0.3
            command.maxToolCalls = 16
          })
        // the second turn passes the cost, the third answers
        #expect(outcome["tries"]?.array?.count == 3, "\(outcome.text.prefix(400))")
        #expect(outcome["tools"]?.array?.count == 2)
        #expect(abs((outcome["cost"]?.number ?? 0) - 0.6) < 1e-9)
        #expect(outcome["finish_reason"] == "stop")
      }
    }

    @Test func `a tool that nobody has configured is not offered, and one that was not offered is refused`()
      async throws
    {
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a")
      await caller.ready()
      let question = "What pulls? [call web_search {\"query\":\"sea\"}]"
      let without = try await stage.outcome(try await stage.command(question: question, tools: Self.search))
      #expect(without["tries"]?.array?.count == 1)
      #expect(without["tools"] == nil || without["tools"] == [])
      let other = try await stage.outcome(
        try await stage.command("simulator/model-a+tool-not-offered", question: question, tools: Self.search))
      #expect(other["tools"]?[0]?["outcome"] == "refused", "\(other.text.prefix(400))")
    }

    @Test func `a cancellation ends a call while its tool runs, and closes the tool's connection`() async throws {
      let asked = Lock(0)
      let closed = Lock(0)
      let kept = Lock<[Responder]>([])
      let engine = try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent) { _, responder in
        responder.onClose { closed.withLock { $0 += 1 } }
        kept.withLock { $0.append(responder) }
        asked.withLock { $0 += 1 }
      }
      defer { engine.stop() }
      let stage = try await Stage(simulator.url)
      let settings = ToolSettings.Search(engine: .searxng(url: "http://127.0.0.1:\(engine.port)", key: nil))
      let caller = try stage.caller("a", tools: ToolSettings(search: settings))
      await caller.ready()
      let call = try await stage.command(
        question: "What pulls? [call web_search {\"query\":\"sea\"}]", tools: Self.search)
      await eventually("the engine is asked", within: .seconds(20)) { asked.withLock { $0 } == 1 }
      let start = ContinuousClock.now
      try await stage.say(.cancelled(deliberation: call.deliberation, calls: nil))
      let outcome = try await stage.outcome(call)
      // the engine's own limit is ten seconds
      #expect(ContinuousClock.now - start < .seconds(15))
      #expect(outcome["reason"]?.string == "cancelled")
      await eventually("the connection is closed", within: .seconds(5)) { closed.withLock { $0 } == 1 }
    }

    @Test func `after a kill between a tool's run and the record a call is made anew, and has one whole outcome`()
      async throws
    {
      try await withFolder { folder in
        let simulator = try SimulatorProcess(["--latency", "0"])
        let stage = try await Stage(simulator.url)
        let models = ["simulator/model-a+latency-20-300"]
        let tools: JSON = ["web_search": ["engine": "local", "folder": .string(folder)]]
        func start() async throws -> CallerProcess {
          let caller = try CallerProcess(
            stage.bus, simulator: simulator.url, inFlight: 60, instance: "a", models: models, tools: tools)
          try await caller.ready()
          return caller
        }
        let first = try await start()
        let total = 200
        let question = "What pulls? [call web_search {\"query\":\"sea\"}]"
        let sending = Task {
          var calls: [CallID] = []
          for _ in 0..<total {
            calls.append(try await stage.command(models[0], question: question, tools: Self.search))
          }
          return calls
        }
        await eventually("a third has ended", within: .seconds(60)) { stage.events.count > total / 3 }
        first.kill()
        let second = try await start()
        let calls = try await sending.value
        await eventually("all have an outcome", within: .seconds(90)) { stage.ended.count == total }
        #expect(stage.ended == Set(calls.map(\.text)))
        let repeated = Int(try await simulator.metric("conclave_simulator_calls_repeated_total"))
        print("killed with up to 60 in flight: \(repeated) of \(total) calls with tools were made again")
        #expect(repeated <= 60 + 40)
        // none holds half of one run and half of another
        for outcome in stage.events.values {
          #expect(outcome["tools"]?.array?.count == 1, "\(outcome.text.prefix(300))")
          #expect(outcome["tries"]?.array?.count == 2)
          #expect(outcome["content"]?.string?.contains("local:tides.md") == true)
        }
        #expect(second.isRunning)
      }
    }

    @Test(.enabled(if: Self.canSandbox, "bubblewrap cannot run here: the bash tool is not offered"))
    func `a command in the sandbox ends with the service that runs it`() async throws {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      let models = ["simulator/model-a"]
      let caller = try CallerProcess(
        stage.bus, simulator: simulator.url, inFlight: 60, instance: "a", models: models,
        tools: ["bash": ["enabled": true, "timeout_ms": 60_000]])
      try await caller.ready()
      let mark = "conclave-orphan-\(UInt32.random(in: 0 ... .max))"
      try await stage.command(
        models[0], question: "Wait. [call bash {\"command\":\"exec -a \(mark) sleep 60\"}]",
        tools: [["type": "openrouter:bash"]])
      await eventually("the command runs", within: .seconds(30)) { isRunning(named: mark) }
      caller.kill()
      await eventually("the command has ended", within: .seconds(10)) { !isRunning(named: mark) }
    }

    private static let canSandbox = Toolbox(
      ToolSettings(bash: ToolSettings.Bash()), client: HTTPClient(), log: .silent, metrics: Metrics()
    ).offered.contains(.bash)
  }
}

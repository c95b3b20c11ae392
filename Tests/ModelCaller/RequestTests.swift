import Deliberation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing
import Threads
import Web

extension OnABroker {
  /// What a provider is sent, and which one it is, as it arrives there.
  @Suite(.serialized, .timeLimit(.minutes(2))) struct RequestTests {
    private struct House {
      let simulator: SimulatorProcess
      let stage: Stage
      let caller: RunningCaller

      /// The request that a command led to.
      func sent(_ model: String, depth: Int = 0, _ change: (inout CallCommand) -> Void) async throws -> JSON {
        let outcome = try await stage.outcome(try await stage.command(model, depth: depth, change))
        #expect(outcome["reason"] == nil, "\(outcome.text.prefix(300))")
        return try JSON.parse(try await simulator.get("/last").body)
      }
    }

    private static let house = Task {
      let simulator = try SimulatorProcess(["--latency", "0", "--keep-last"])
      let stage = try await Stage(simulator.url)
      let root = simulator.url.dropLast("/v1".count)
      let caller = try stage.caller(
        "a",
        via: [
          "plain": ["sim simulator/model-a"], "routed": ["router simulator/model-a"],
          "claude": ["messages simulator/model-a"], "azure": ["azure simulator/model-a"],
          "two": ["sim simulator/model-a", "router simulator/model-b"],
          "failing": ["sim simulator/status-503", "router simulator/model-b"],
        ],
        others: [
          ProviderSettings(name: "router", baseURL: simulator.url, isRouter: true),
          ProviderSettings(
            name: "azure", baseURL: "\(root)/v1?api-version=2024-10-21", key: Secret("sk-azure-1234567"),
            keyHeader: "api-key"),
        ])
      await caller.ready()
      return House(simulator: simulator, stage: stage, caller: caller)
    }

    private static let image: JSON = [
      ["type": "text", "text": "What is it?"],
      ["type": "image_url", "image_url": ["url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"]],
      ["type": "input_audio", "input_audio": ["data": "UklGRg==", "format": "wav"]],
    ]
    private static let schema: JSON = [
      "type": "json_schema",
      "json_schema": [
        "name": "answer", "strict": true, "schema": ["type": "object", "properties": ["yes": ["type": "boolean"]]],
      ],
    ]

    @Test func `parts, schemas, settings and the depth arrive as they were asked for`() async throws {
      let house = try await Self.house.value
      let sent = try await house.sent("plain", depth: 2) { command in
        command.messages = [["role": "user", "content": Self.image]]
        command.responseFormat = Self.schema
        command.parameters = ["reasoning": ["effort": "high"], "temperature": 0.5, "seed": 7]
      }
      let body = try #require(sent["body"])
      #expect(body["messages"]?[0]?["content"] == Self.image)
      #expect(body["response_format"] == Self.schema)
      #expect(body["reasoning_effort"] == "high" && body["reasoning"] == nil)
      #expect(body["temperature"]?.number == 0.5 && body["seed"]?.int == 7)
      #expect(body["stream"] == true && body["stream_options"]?["include_usage"] == true)
      #expect(sent["headers"]?["x-openrouter-fusion-depth"] == "2")
      #expect(sent["headers"]?["x-conclave-call"]?.string?.hasSuffix("/panel/0/0/0") == true)
      #expect(sent["headers"]?["x-conclave-execution"]?.string?.isEmpty == false)
      #expect(sent["headers"]?["authorization"] == "(key)")
    }

    @Test func `a router takes reasoning as it is, and at depth 0 no depth is told`() async throws {
      let house = try await Self.house.value
      let sent = try await house.sent("routed") { $0.parameters = ["reasoning": ["max_tokens": 2_000]] }
      #expect(sent["body"]?["reasoning"] == ["max_tokens": 2_000])
      #expect(sent["body"]?["reasoning_effort"] == nil)
      #expect(sent["headers"]?["x-openrouter-fusion-depth"] == nil)
    }

    @Test func `Anthropic is sent blocks, a budget to think with and the schema in words`() async throws {
      let house = try await Self.house.value
      let sent = try await house.sent("claude") { command in
        command.messages = [["role": "system", "content": "Be brief."], ["role": "user", "content": Self.image]]
        command.responseFormat = Self.schema
        command.parameters = ["reasoning": ["max_tokens": 2_000], "max_tokens": 500]
      }
      let body = try #require(sent["body"])
      #expect(sent["path"] == "/v1/messages")
      #expect(sent["headers"]?["x-api-key"] == "(key)" && sent["headers"]?["anthropic-version"] == "2023-06-01")
      #expect(body["messages"]?[0]?["content"]?[1]?["source"]?["data"] == "iVBORw0KGgo=")
      #expect(body["messages"]?[0]?["content"]?[2] == Self.image[2])
      #expect(body["thinking"] == ["type": "enabled", "budget_tokens": 2_000])
      #expect((body["max_tokens"]?.int ?? 0) > 2_000)
      #expect(body["system"]?[0]?["text"] == "Be brief.")
      #expect(body["system"]?[1]?["text"]?.string?.contains("\"yes\"") == true)
    }

    @Test func `a base address may have a query, and a key a header of its own`() async throws {
      let house = try await Self.house.value
      let sent = try await house.sent("azure") { _ in }
      #expect(sent["path"] == "/v1/chat/completions")
      #expect(sent["query"] == ["api-version": "2024-10-21"])
      #expect(sent["headers"]?["api-key"] == "(key)" && sent["headers"]?["authorization"] == nil)
    }

    @Test func `a command says which providers may be asked, and in which order`() async throws {
      let house = try await Self.house.value
      func provider(_ model: String, _ change: (inout CallCommand) -> Void) async throws -> JSON {
        try await house.stage.outcome(try await house.stage.command(model, change))
      }
      #expect(try await provider("two") { _ in }["provider"] == "sim")
      #expect(try await provider("two") { $0.providerOrder = ["router"] }["provider"] == "router")
      #expect(try await provider("two") { $0.allowedProviders = ["router"] }["provider"] == "router")
      let order = try await provider("failing") { $0.providerOrder = ["sim", "router"] }
      #expect(order["tries"]?.array?.map { $0["provider"] } == ["sim", "router"])
      let alone = try await provider("failing") { command in
        command.allowedProviders = ["sim"]
        command.deadline = Wall.now() + 300
      }
      #expect(alone["reason"]?.string != nil && alone["tries"]?[0]?["provider"] == "sim")
      #expect(alone["tries"]?.array?.contains { $0["provider"] == "router" } == false)
      let none = try await provider("two") { $0.allowedProviders = ["nobody"] }
      #expect(none["reason"] == "upstream_error" && none["tries"]?.array?.isEmpty == true)
    }

    @Test(.enabled(if: TLSPipe.isThere))
    func `a provider with a certificate of its own is trusted where its file is named, and not without`() async throws {
      let pipe = try TLSPipe(protocols: "http/1.1")
      let asked = Lock(0)
      let server = NamedThread.start("tls-provider") {
        var bytes: [UInt8] = []
        while let more = pipe.receive() {
          bytes += more
          let text = String(decoding: bytes, as: UTF8.self)
          guard let end = text.firstRange(of: "\r\n\r\n"), text[end.upperBound...].hasSuffix("}") else { continue }
          bytes = []
          asked.withLock { $0 += 1 }
          let body = #"{"choices":[{"message":{"content":"over TLS"},"finish_reason":"stop"}]}"#
          let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
          pipe.send(Array((head + body).utf8))
        }
      }
      defer {
        pipe.stop()
        server.join()
      }
      let url = "https://127.0.0.1:\(pipe.port)/v1"
      let stage = try await Stage(try await Self.house.value.simulator.url)
      let caller = try stage.caller(
        "tls", via: ["trusted": ["own"], "doubted": ["stranger", "sim simulator/model-a"]],
        others: [
          ProviderSettings(name: "own", baseURL: url, certificateFile: pipe.certificate),
          ProviderSettings(name: "stranger", baseURL: url),
        ])
      await caller.ready()
      let doubted = try await stage.outcome(try await stage.command("doubted"))
      #expect(doubted["provider"] == "sim")
      #expect(doubted["tries"]?[0]?["reason"] == "upstream_error")
      #expect(asked.withLock(\.self) == 0)
      let trusted = try await stage.outcome(try await stage.command("trusted"), within: .seconds(40))
      #expect(trusted["content"] == "over TLS", "\(trusted.text.prefix(300))")
    }
  }
}

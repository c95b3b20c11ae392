import Bus
import Deliberation
import Telemetry
import Testing
import Threads
import Web

extension OnABroker {
  /// Where a provider's key goes, and where it does not.
  @Suite(.timeLimit(.minutes(2))) struct KeyTests {
    private static let key = "sk-or-v1-0123456789abcdef-of-nobody"

    @Test func `a key goes to its provider in its header, and stands in no record, log, metric or file`() async throws {
      let seen = Lock<[String]>([])
      // the worst of providers: it says back what it was shown
      let server = try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent) { request, responder in
        let shown = request.header("authorization") ?? ""
        seen.withLock { $0.append(shown) }
        let json = [("content-type", "application/json"), ("x-echo", shown)]
        let body = String(decoding: request.body, as: UTF8.self)
        if body.contains("model-wrong") {
          responder.respond(401, json, Array(#"{"error":{"message":"Incorrect key: \#(shown)"}}"#.utf8))
        } else if body.contains("model-prose") {
          responder.respond(500, [("x-echo", shown)], Array("<p>no such key as \(shown)</p>".utf8))
        } else if body.contains("model-stream") {
          let text = "data: {\"error\":{\"code\":400,\"message\":\"bad key \(shown)\"}}\n\n"
          responder.respond(200, [("content-type", "text/event-stream")], Array(text.utf8))
        } else {
          let text = #"{"choices":[{"message":{"content":"yes"},"finish_reason":"stop"}]}"#
          responder.respond(200, json, Array(text.utf8))
        }
      }
      defer { server.stop() }
      let models = ["model-right", "model-wrong", "model-prose", "model-stream"].map { "own/\($0)" }
      let stage = try await Stage("http://127.0.0.1:\(server.port)/v1")
      let caller = try CallerProcess(
        stage.bus, simulator: "", inFlight: 10, models: models,
        provider: ["base_url": .string("http://127.0.0.1:\(server.port)/v1"), "key_env": "OWN_KEY"],
        variables: ["OWN_KEY": Self.key], log: "debug")
      try await caller.ready()
      let reply = ReplyAddress(partition: 0, gateway: "g", incarnation: "i")
      for model in models {
        try await stage.command(model, milliseconds: 5_000, stream: reply, cache: .init(key: model, seconds: 60))
      }
      try await stage.raw(Array("no command".utf8))
      await eventually("all have ended", within: .seconds(60)) { stage.ended.count == models.count }
      await eventually("what is no command is told") { stage.deadLetters.count == 1 }
      #expect(Set(seen.withLock(\.self)) == ["Bearer \(Self.key)"])
      let failed = stage.events.values.filter { $0["reason"] != nil }
      #expect(failed.count == 3)
      #expect(failed.allSatisfy { $0["message"]?.string?.contains("key") == true })
      let records = [stage.events, stage.replies, stage.signals, stage.deadLetters].flatMap(\.records)
      for record in records {
        let bytes = (record.key ?? []) + (record.value ?? []) + record.headers.flatMap { $0.value ?? [] }
        #expect(!String(decoding: bytes, as: UTF8.self).contains(Self.key))
      }
      let said = try await caller.said()
      #expect(said.contains("call.ended") && said.contains("conclave_calls_completed_total"))
      #expect(said.contains("OWN_KEY"))
      #expect(!said.contains(Self.key))
    }
  }
}

import Bus
import Deliberation
import Foundation
import Telemetry
import Testing
import Threads
import Web

@testable import Conclave

extension RunningSystems {
  @Suite("Traces", .timeLimit(.minutes(3))) struct TraceTests {
    /// What is done because of what, by the types of records; a call of a model lies between its command and its outcome.
    private static let parents: [String: Set<String>] = [
      "ask": ["POST /v1/chat/completions"], "deliberation.requested": ["ask"],
      "panel.dispatched": ["deliberation.requested"],
      "call": ["deliberation.requested", "panel.assembled", "analysis.completed"],
      "call.requested": ["panel.assembled", "analysis.completed"], "chat": ["call"], "call.completed": ["chat"],
      "panel.assembled": ["call.completed"], "analysis.completed": ["call.completed"],
      "deliberation.completed": ["call.completed"], "result": ["deliberation.completed"],
      "reply.result": ["deliberation.completed"],
      "reply.progress": [
        "deliberation.requested", "panel.dispatched", "call.completed", "panel.assembled", "call.requested",
        "analysis.completed", "deliberation.completed",
      ],
    ]

    private static func kind(_ span: TraceReceiver.Received) -> String {
      if span["gen_ai.operation.name"] != nil { return "chat" }
      guard let type = span["cloudevents.event_type"] else { return span.name }
      return String(type.dropFirst("conclave.".count).dropLast(".v1".count))
    }

    @Test("hold every hop of a deliberation, each under what it was done because of") func hops() async throws {
      let receiver = try TraceReceiver()
      defer { receiver.stop() }
      let mine = "4bf92f3577b34da6a3ce929d0e0e4736"
      let outside = "00f067aa0ba902b7"
      // so long that the event which names a call is read before the call's outcome
      let configuration = TestConfiguration(
        panel: ["latency-200-300", "latency-200-300", "latency-200-300"], judge: "latency-200-300")
      let extra = ["OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "CONCLAVE_LOG": "debug"]
      try await withSystem(configuration, extra: extra) { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let response = try await system.post(
          TestConfiguration.fusion("Who was there?"), headers: [("traceparent", "00-\(mine)-\(outside)-01")])
        let id = try #require(try JSON.parse(response.body)["id"]?.string)
        #expect(response.status == 200)
        try await eventually("the result is on its topic") { !watch.results(id).isEmpty }
        func all() -> [Record] { watch.all.filter { $0.headers.text("ce_subject") == id } }
        // requests, calls, events, results and replies, and an outcome for each command
        try await eventually("every topic has been read") {
          let topics = Dictionary(grouping: all(), by: \.topic)
          let outcomes = watch.types(id).count { $0 == "conclave.call.completed.v1" }
          return topics.count == 5 && outcomes == 5 && topics[watch.topics.calls("default")]?.count == 5
        }
        let records = all()
        try await eventually("everything has been sent on: \(records.count)") {
          let ids = Set(receiver.trace(mine).map(\.id))
          return records.allSatisfy { ids.contains(Self.span($0)) } && receiver.trace(mine).count >= records.count + 6
        }
        let spans = receiver.trace(mine)
        let known = Dictionary(spans.map { ($0.id, $0) }) { first, _ in first }
        #expect(known.count == spans.count, "no span is told twice")
        for record in records {
          let span = try #require(known[Self.span(record)])
          #expect(record.headers.text("ce_source") == "/conclave/\(span.service)")
          #expect(span["messaging.destination.name"] == record.topic)
          #expect(span["messaging.destination.partition.id"] == "\(record.partition)")
          #expect(span["messaging.kafka.offset"] == "\(record.offset)")
          #expect(span["messaging.message.id"] == record.headers.text("ce_id"))
        }
        let roots = spans.filter { $0.parent.map { known[$0] == nil } ?? true }
        #expect(roots.map(\.name) == ["POST /v1/chat/completions"], "\(roots.map(\.name))")
        #expect(roots.first?.parent == outside && roots.first?.service == "gateway")
        func parent(_ span: TraceReceiver.Received) -> TraceReceiver.Received? { span.parent.flatMap { known[$0] } }
        let calls = spans.filter { $0["gen_ai.operation.name"] == "chat" }
        #expect(calls.count == 5)
        for call in calls {
          #expect(call.service == "model-caller" && call["gen_ai.usage.output_tokens"] != nil)
          #expect(parent(call)?["messaging.destination.name"] == watch.topics.calls("default"))
        }
        for outcome in spans where outcome["cloudevents.event_type"] == "conclave.call.completed.v1" {
          #expect(parent(outcome).map { $0["gen_ai.operation.name"] } == "chat")
        }
        for span in spans {
          guard let parent = parent(span) else { continue }
          let (began, before) = (span.span["startTimeUnixNano"]?.string, parent.span["startTimeUnixNano"]?.string)
          // model calls are told in milliseconds
          #expect((Int64(began ?? "") ?? 0) >= (Int64(before ?? "") ?? .max) - 2_000_000, "\(span.name)")
        }
        for span in spans where span.name != "POST /v1/chat/completions" {
          let (kind, above) = (Self.kind(span), parent(span).map(Self.kind) ?? "nothing")
          #expect(Self.parents[kind]?.contains(above) == true, "\(kind) is under \(above)")
        }
        #expect(Set(Self.parents.keys).subtracting(spans.map(Self.kind)).isSubset(of: ["reply.progress"]))
        // each command to judge under the seal, and the answer's under the analysis
        let commands = spans.filter { Self.kind($0) == "call" }
        #expect(commands.compactMap { parent($0).map(Self.kind) }.count { $0 == "panel.assembled" } == 1)
        #expect(commands.compactMap { parent($0).map(Self.kind) }.count { $0 == "analysis.completed" } == 1)
        for line in ["http.answered", "call.try", "call.ended", "record.sent"] {
          #expect(system.outputLines.contains { $0.contains(line) && $0.contains("trace=\(mine)") }, "\(line)")
        }
        for service in ["panel-dispatcher", "aggregator", "judge"] {
          #expect(
            system.outputLines.contains { $0.contains(service) && $0.contains("trace=\(mine)") }, "\(service)")
        }
      }
    }

    @Test("are one also where a deliberation is given up and forgotten") func cancelled() async throws {
      let mine = "4bf92f3577b34da6a3ce929d0e0e4737"
      try await withSystem(.slow) { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let response = try await system.post(
          TestConfiguration.fusion("And who is there now?"), to: "/v1/deliberations",
          headers: [("traceparent", "00-\(mine)-00f067aa0ba902b7-01")])
        let id = try #require(try JSON.parse(response.body)["id"]?.string)
        try await eventually("it has begun") { watch.types(id).contains("conclave.panel.dispatched.v1") }
        #expect(try await system.send("DELETE", "/v1/deliberations/\(id)").status == 202)
        let url = try #require(try system.run().ledger)
        try await eventually("the ledger has the end") {
          let answer = try await system.client.send(
            HTTPRequest(url: "\(url)/v1/deliberations/\(id)", timeouts: HTTPRequest.Timeouts(total: .seconds(20))))
          return try JSON.parse(answer.body)["status"]?.string == "cancelled"
        }
        let forgotten = try await Tool.run(
          RunningSystem.programs + "/conclave", ["forget", id], environment: system.environment)
        #expect(forgotten.status == 0, "\(forgotten.error)")
        try await eventually("the tombstone is read") { watch.types(id).contains("conclave.deliberation.forgotten.v1") }
        let records = watch.all.filter { $0.headers.text("ce_subject") == id }
        #expect(records.contains { $0.topic == watch.topics.cancels })
        for record in records {
          let trace = record.headers.text("traceparent")?.dropFirst(3).prefix(32)
          #expect(trace.map(String.init) == mine, "\(record.headers.text("ce_type") ?? "?") is in another trace")
        }
      }
    }

    private static func span(_ record: Record) -> String {
      String((record.headers.text("traceparent") ?? "").dropFirst(36).prefix(16))
    }
  }
}

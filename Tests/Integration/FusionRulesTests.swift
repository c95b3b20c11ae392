import Bus
import Deliberation
import Foundation
import Testing
import Web

@testable import Conclave

extension RunningSystems {
  /// The contract's rules of a fusion, over everything that runs: on the embedded broker, and where `CONCLAVE_KAFKA` is set
  /// on that Kafka.
  @Suite("The rules of fusion in the whole system", .timeLimit(.minutes(10))) struct FusionRulesTests {
    private static var configuration: TestConfiguration {
      var configuration = TestConfiguration()
      configuration.others = [FusionCase.outer, FusionCase.standIn]
      return configuration
    }

    @Test("each mode, seal, degrade, failure and decision, and what is hostile, comes out as the contract says")
    func rules() async throws {
      var cases = FusionTable.all
      cases.append(try FusionTable.modes[0].asResponses())
      cases.append(
        try FusionTable.failures[1].asResponses().expecting {
          $0.code = 402
          $0.fusion = "error"
          $0.reason = "insufficient_credits"
          $0.failed = ["insufficient_credits", "insufficient_credits", "insufficient_credits"]
          $0.responses = 0
        })
      try await withSystem(Self.configuration) { [cases] system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let answers = try await withThrowingTaskGroup(of: (Int, HTTPResponse).self) { group in
          for (index, each) in cases.enumerated() {
            group.addTask { (index, try await system.send("POST", each.path, each.body)) }
          }
          return try await group.reduce(into: [Int: HTTPResponse]()) { $0[$1.0] = $1.1 }
        }
        for (index, each) in cases.enumerated() {
          let response = try #require(answers[index])
          try await expect(each, response, watch)
        }
        try await givesUp(system, watch)
        try await judgesAgain(system, watch)
        try watch.expectDescribed(prefix: system.prefix)
        #expect(watch.records(watch.topics.deadLetters).isEmpty)
      }
    }

    private func expect(_ each: FusionCase, _ response: HTTPResponse, _ watch: TopicWatch) async throws {
      let body = try JSON.parse(response.body)
      let id = try #require(response.header("x-generation-id"), "\(each.name): \(body.text.prefix(500))")
      try await eventually("\(each.name): the result is on its topic") { !watch.results(id).isEmpty }
      let result = try JSON.parse(try #require(watch.results(id).first?.value))
      #expect(result["code"]?.int == Int64(response.status), "\(each.name)")
      #expect(result["body"] == body, "\(each.name): the client got something else than the topic")
      let outcome = outcome(id, Int64(response.status), body, watch)
      for fault in outcome.faults(each) { Issue.record("\(each.name): \(fault)\n\(body.text.prefix(2_000))") }
    }

    private func outcome(_ id: String, _ code: Int64, _ body: JSON, _ watch: TopicWatch) -> FusionOutcome {
      let events = watch.records(watch.topics.events).filter { $0.headers.text("ce_subject") == id }
      return FusionOutcome(
        code: code, body: body,
        events: events.map {
          ($0.headers.text("ce_type") ?? "", $0.value.flatMap { try? JSON.parse($0) } ?? .null)
        })
    }

    /// One member is given up while it is waited for, and the panel is complete without it.
    private func givesUp(_ system: RunningSystem, _ watch: TopicWatch) async throws {
      let each = FusionCase.alias("a member that is given up", "Whom do we wait for? [simulate panel/0/1 silent]")
        .expecting {
          $0.failed = ["cancelled"]
          $0.responses = 2
        }
      let accepted = try await system.send("POST", "/v1/deliberations", each.body)
      #expect(accepted.status == 202)
      let id = try #require(try JSON.parse(accepted.body)["id"]?.string)
      try await eventually("the panel is asked") { watch.types(id).contains("conclave.panel.dispatched.v1") }
      let given = try await system.send("DELETE", "/v1/deliberations/\(id)/members/1")
      #expect(given.status == 202, "\(String(decoding: given.body, as: UTF8.self))")
      try await expect(each, id, watch)
    }

    /// A pipeline brings the answers along, and only judge and answer are asked.
    private func judgesAgain(_ system: RunningSystem, _ watch: TopicWatch) async throws {
      let id = "judged-again"
      let each = FusionCase.alias("a recorded panel", "Which?").expecting {
        $0.responses = 2
        $0.also = { outcome in
          let asked = outcome.count("call.completed") { $0["purpose"] == "panel" }
          let first = outcome.fusion?["responses"]?[0]
          return (asked == 0 ? [] : ["its members were asked"])
            + (first == ["model": "old/one", "content": "The first."] ? [] : ["its answers are not there"])
        }
      }
      let ask: JSON = [
        "request": try JSON.parse(each.body),
        "recorded_panel": [
          ["model": "old/one", "content": "The first."], ["model": "old/two", "content": "The second."],
        ],
      ]
      let headers = [
        "ce_specversion=1.0", "ce_id=\(id)-1", "ce_type=conclave.ask.v1", "ce_source=/test/pipeline",
        "ce_subject=\(id)",
      ]
      let written = try await Tool.run(
        "kcat",
        ["-P", "-b", try system.run().bus, "-t", system.prefix + "requests"] + headers.flatMap { ["-H", $0] },
        input: ask.text + "\n")
      #expect(written.status == 0)
      try await expect(each, id, watch)
    }

    private func expect(_ each: FusionCase, _ id: String, _ watch: TopicWatch) async throws {
      try await eventually("\(each.name): it has a result", within: .seconds(60)) { !watch.results(id).isEmpty }
      let result = try JSON.parse(try #require(watch.results(id).first?.value))
      let body = result["body"] ?? .null
      for fault in outcome(id, result["code"]?.int ?? 0, body, watch).faults(each) {
        Issue.record("\(each.name): \(fault)\n\(body.text.prefix(2_000))")
      }
    }
  }
}

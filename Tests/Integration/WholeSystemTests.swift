import Bus
import Deliberation
import Foundation
import Glibc
import Testing
import Threads
import Web

@testable import Conclave

extension RunningSystems {
  /// Everything here runs the system as a user does, one after the other: two cores are enough for one at a time.
  @Suite("The whole system", .timeLimit(.minutes(5))) struct WholeSystemTests {
    private func completion(_ response: HTTPResponse) throws -> JSON {
      let body = try JSON.parse(response.body)
      #expect(response.status == 200, "\(body.text.prefix(500))")
      #expect(try OpenAPI().faults(body, "ChatCompletion") == [])
      return body
    }

    @Test("answers a fusion over HTTP, and everything it wrote is as asyncapi.yaml says") func fusion() async throws {
      try await withSystem { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let response = try await system.post(TestConfiguration.fusion("Is a monorepo a good idea for five people?"))
        let body = try completion(response)
        let id = try #require(body["id"]?.string)
        #expect(response.header("x-generation-id") == id)
        #expect(body["fusion"]?["status"]?.string == "ok")
        #expect(body["fusion"]?["responses"]?.array?.count == 3)
        #expect(body["fusion"]?["analysis"]?["consensus"]?.array != nil)
        #expect(body["choices"]?[0]?["message"]?["content"]?.string?.isEmpty == false)
        #expect(body["usage"]?["cost"]?.number ?? 0 > 0)

        // the same under OpenRouter's path, and a model by itself
        _ = try completion(
          try await system.post(TestConfiguration.fusion("Tabs or spaces?"), to: "/api/v1/chat/completions"))
        let single = try completion(
          try await system.post([
            "model": .string(TestConfiguration().members[0]), "messages": [["role": "user", "content": "Hello"]],
          ]))
        #expect(single["fusion"] == nil)

        try await eventually("the result is on its topic") { !watch.results(id).isEmpty }
        let result = try JSON.parse(try #require(watch.results(id).first?.value))
        #expect(result["body"] == body)
        #expect(watch.types(id).first == "conclave.deliberation.requested.v1")
        #expect(watch.types(id).contains("conclave.panel.assembled.v1"))
        try watch.expectDescribed(prefix: system.prefix)
        #expect(watch.records(watch.topics.deadLetters).isEmpty)
      }
    }

    @Test("refuses what is no request, naming the field, and writes nothing for it") func refused() async throws {
      try await withSystem { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let cases: [(String, String)] = [
          ("not json", ""), ("[1]", ""), ("{\"messages\": []}", "model"), (#"{"model": 1, "messages": []}"#, "model"),
          (#"{"model": "openrouter/fusion"}"#, "messages"),
          (#"{"model": "openrouter/fusion", "messages": [{"role": "nobody", "content": "x"}]}"#, "messages[0].role"),
          (#"{"model": "nobody/nothing", "messages": [{"role": "user", "content": "x"}]}"#, "nobody/nothing"),
          (
            #"{"model": "openrouter/fusion", "messages": [{"role": "user", "content": "x"}], "plugins": [{"id": "fusion", "qorum": 2}]}"#,
            "qorum"
          ),
          (String(repeating: "[", count: 2_000), ""),
        ]
        for (text, path) in cases {
          let response = try await system.send("POST", "/v1/chat/completions", Array(text.utf8))
          let body = try JSON.parse(response.body)
          #expect(response.status == 400, "\(text.prefix(80)): \(body.text)")
          #expect(try OpenAPI().faults(body, "Error") == [])
          let message = body["error"]?["message"]?.string ?? ""
          #expect(path.isEmpty || message.contains(path), "\(text.prefix(80)): \(body.text)")
        }
        _ = try completion(try await system.post(TestConfiguration.fusion("And now a real one")))
        try await eventually("the real one is seen") { !watch.records(watch.topics.requests).isEmpty }
        #expect(watch.records(watch.topics.requests).count == 1)
      }
    }

    @Test("cancels an open deliberation, and its waiting client is told") func cancelled() async throws {
      try await withSystem(.slow) { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        async let waiting = system.post(TestConfiguration.fusion("Take your time"))
        try await eventually("the panel is asked") {
          watch.records(watch.topics.events).contains { $0.headers.text("ce_type") == "conclave.panel.dispatched.v1" }
        }
        let id = try #require(watch.records(watch.topics.events).first?.headers.text("ce_subject"))
        let cancelled = try await system.send("DELETE", "/v1/deliberations/\(id)")
        #expect(cancelled.status == 202, "\(String(decoding: cancelled.body, as: UTF8.self))")
        #expect(try await waiting.status == 499)
        try await eventually("it has ended") { watch.types(id).contains("conclave.deliberation.cancelled.v1") }
        try watch.expectDescribed(prefix: system.prefix)
      }
    }

    @Test("lets the calls in flight end when up is asked to, tells who waits, and ends in order") func ctrlC()
      async throws
    {
      let system = try await RunningSystem(.slow)
      let watch = try TopicWatch(try system.bus())
      defer { watch.stop() }
      func count(_ type: String) -> Int {
        watch.records(watch.topics.events).count { $0.headers.text("ce_type") == type }
      }
      async let waiting = system.post(TestConfiguration.fusion("Take your time"))
      try await eventually("the panel's calls are in flight") {
        try await system.metric("conclave_simulator_in_flight", of: "model-simulator") == 3
      }
      #expect(count("conclave.call.completed.v1") == 0, "none is answered yet")
      kill(system.pid, SIGINT)
      #expect(try await waiting.status == 503)
      #expect(try await system.waitForEnd() == .status(0), "\(system.output)")
      try await eventually("each call was paid for, and its answer is kept") {
        count("conclave.call.completed.v1") == 3
      }
      system.abandon()
    }

    @Test("cancels what ask asked when its user presses Ctrl-C") func interrupted() async throws {
      try await withSystem(.slow) { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let lines = Lock<[String]>([])
        let asking = KeptProcess(
          RunningSystem.programs + "/conclave", ["ask", "Take your time"], environment: system.environment
        ) { text in lines.withLock { $0.append(text) } }
        try await eventually("the panel is asked") {
          watch.records(watch.topics.events).contains { $0.headers.text("ce_type") == "conclave.panel.dispatched.v1" }
        }
        let id = try #require(watch.records(watch.topics.events).first?.headers.text("ce_subject"))
        kill(asking.pid, SIGINT)
        try await eventually("ask has ended") { asking.end != nil }
        #expect(asking.end == .status(1))
        try await eventually("it has ended") { watch.types(id).contains("conclave.deliberation.cancelled.v1") }
        try watch.expectDescribed(prefix: system.prefix)
      }
    }

    @Test("answers an ask that kcat writes, and rejects an invalid one, both on results") func kcat() async throws {
      try await withSystem { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        func ask(_ id: String, _ value: String) async throws -> Tool.Result {
          try await Tool.run(
            "kcat",
            ["-P", "-b", try system.run().bus, "-t", system.prefix + "requests"]
              + [
                "ce_specversion=1.0", "ce_id=\(id)-1", "ce_type=conclave.ask.v1", "ce_source=/test/pipeline",
                "ce_subject=\(id)",
              ]
              .flatMap { ["-H", $0] }, input: value + "\n")
        }
        let good: JSON = ["request": TestConfiguration.fusion("Tabs or spaces?"), "metadata": ["row": 7]]
        let bad: JSON = ["request": ["model": "nobody/nothing", "messages": [["role": "user", "content": "x"]]]]
        #expect(try await ask("tabs-or-spaces", good.text).status == 0)
        #expect(try await ask("no-such-model", bad.text).status == 0)

        try await eventually("both have a result") {
          !watch.results("tabs-or-spaces").isEmpty && !watch.results("no-such-model").isEmpty
        }
        let result = try JSON.parse(try #require(watch.results("tabs-or-spaces").first?.value))
        #expect(result["code"]?.int == 200)
        #expect(result["metadata"] == ["row": 7])
        #expect(try OpenAPI().faults(try #require(result["body"]), "ChatCompletion") == [])
        #expect(watch.results("tabs-or-spaces").first?.headers.text("ce_correlationid") == "tabs-or-spaces-1")
        let rejected = try JSON.parse(try #require(watch.results("no-such-model").first?.value))
        #expect(rejected["code"]?.int == 400)
        let message = rejected["body"]?["error"]?["message"]?.string ?? ""
        #expect(message.contains("nobody/nothing"), "\(rejected.text)")
        #expect(watch.types("no-such-model") == ["conclave.deliberation.rejected.v1"])
        try watch.expectDescribed(prefix: system.prefix)
      }
    }

    @Test("shows the panel and prints the answer where ask is run, and finds itself well where doctor is")
    func commands() async throws {
      try await withSystem { system in
        let conclave = RunningSystem.programs + "/conclave"
        let asked = try await Tool.run(conclave, ["ask", "Why is the sky blue?"], environment: system.environment)
        #expect(asked.status == 0, "\(asked.error)")
        #expect(asked.output.count > 20)
        let steps = asked.error.split(separator: "\n").map {
          $0.prefix { $0 != ":" && $0 != "(" }.trimmingCharacters(in: .whitespaces)
        }
        // The first outcome may stand in the log before the event that names its call.
        #expect(steps.contains("panel"))
        #expect(steps.filter { $0 == "answered" }.count == 3)
        #expect(["sealed", "judging", "analysis", "answering"].allSatisfy(steps.contains), "\(asked.error)")

        let whole = try await Tool.run(
          conclave, ["ask", "--json", "--compare", "And the sea?"], environment: system.environment)
        let json = try JSON.parse(whole.output)
        #expect(json["fused"]?["body"]?["fusion"]?["status"]?.string == "ok")
        #expect(json["alone"]?["body"]?["object"]?.string == "chat.completion")

        let url = try system.run().http
        let http = try await Tool.run(conclave, ["ask", "--url", url, "Over HTTP?"], environment: system.environment)
        #expect(http.status == 0 && http.output.count > 20, "\(http.error)")

        let failed = try await Tool.run(
          conclave, ["ask", "--model", "nobody/nothing", "x"], environment: system.environment)
        #expect(failed.status == 1)
        #expect(failed.error.contains("nobody/nothing"))

        let doctor = try await Tool.run(conclave, ["doctor"], environment: system.environment)
        #expect(doctor.status == 0, "\(doctor.output)")
        for name in ["bus", "topics", "gateway-0", "panel-dispatcher-0", "judge-0", "aggregator-0", "model-caller-0"] {
          #expect(doctor.output.contains("ok    \(name): "), "\(name) in \(doctor.output)")
        }
        #expect(doctor.output.contains("warn  models: simulated"))
      }
    }
  }
}

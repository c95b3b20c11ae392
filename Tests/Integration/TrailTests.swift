import Bus
import Deliberation
import Foundation
import Glibc
import Testing
import Threads
import Web

@testable import Conclave

extension RunningSystems {
  /// What remains of deliberations, by the commands that people have for it.
  @Suite("The audit trail", .timeLimit(.minutes(5))) struct TrailTests {
    private func conclave(_ system: RunningSystem, _ words: String...) async throws -> Tool.Result {
      try await Tool.run(RunningSystem.programs + "/conclave", words, environment: system.environment)
    }

    private func ask(_ system: RunningSystem, _ question: String) async throws -> (id: String, answer: String) {
      let response = try await system.post(TestConfiguration.fusion(question))
      let body = try JSON.parse(response.body)
      #expect(response.status == 200, "\(body.text.prefix(300))")
      return (
        try #require(body["id"]?.string), body["choices"]?[0]?["message"]?["content"]?.string ?? ""
      )
    }

    private func ledger(_ system: RunningSystem, _ path: String) async throws -> HTTPResponse {
      let url = try #require(try system.run().ledger)
      return try await system.client.send(
        HTTPRequest(url: url + path, timeouts: HTTPRequest.Timeouts(total: .seconds(20))))
    }

    private func isStored(_ id: String, _ system: RunningSystem) async throws {
      try await eventually("the ledger has the end") {
        let response = try? await ledger(system, "/v1/deliberations/\(id)")
        return (try? JSON.parse(response?.body ?? []))?["status"]?.string == "completed"
      }
    }

    @Test("is shown, checked, judged again, written out and forgotten") func trail() async throws {
      let other = "simulator/model-other+latency-20-60"
      var configuration = TestConfiguration()
      configuration.others = [other]
      try await withSystem(configuration) { system in
        let (id, answer) = try await ask(system, "Is a kumquat a citrus fruit?")
        let (second, _) = try await ask(system, "And a tomato?")
        try await isStored(id, system)
        try await isStored(second, system)

        let shown = try await conclave(system, "show", id, "--full")
        #expect(shown.status == 0, "\(shown.error)")
        for part in [
          "Is a kumquat a citrus fruit?", "panel/0/2/0", "  after ", configuration.members[1], "conclave.events/",
          "digest",
          "panel.assembled", "quotes stand in the answers", answer.split(separator: "\n").first.map(String.init) ?? "-",
        ] { #expect(shown.output.contains(part), "\(part) is not in\n\(shown.output)") }
        #expect(!shown.output.contains("\u{1B}"))

        let lines = try await conclave(system, "log", "--id", id, "--type", "call.completed")
        #expect(lines.output.split(separator: "\n").count == 5, "\(lines.output)\(lines.error)")

        for words in [["verify", "--all"], ["verify", "--all", "--log"], ["verify", id], ["verify", id, "--log"]] {
          let verified = try await Tool.run(
            RunningSystem.programs + "/conclave", words, environment: system.environment)
          #expect(verified.status == 0, "\(words): \(verified.output)\(verified.error)")
          #expect(verified.output.contains("verified"))
        }
        #expect(try await conclave(system, "verify", "gen-nobody").status == 1)
        #expect(try await conclave(system, "verify").status == 2)

        let before = try await simulated(system)
        let replayed = try await conclave(system, "replay", id, "--judge", other, "--json")
        #expect(replayed.status == 0, "\(replayed.output)\(replayed.error)")
        let both = try JSON.parse(replayed.output)
        let new = try #require(both["new"])
        #expect(new["deliberation"]?["replays"]?.string == id)
        #expect(new["deliberation"]?["judge"]?.string == other)
        // what is paid for: the judge and the answer, and nothing else
        #expect(new["calls"]?.array?.compactMap { $0["purpose"]?.string } == ["judge", "answer"])
        #expect(new["calls"]?.array?.compactMap { $0["model"]?.string } == [other, other])
        let sum = (new["calls"]?.array ?? []).reduce(0) { $0 + ($1["cost"]?.number ?? 0) }
        #expect(abs((new["deliberation"]?["cost"]?.number ?? -1) - sum) < 1e-9)
        #expect(try await simulated(system) == before + 2)
        let page = try await conclave(system, "replay", id, "--mode", "best-of")
        #expect(page.status == 0, "\(page.error)")
        #expect(try await simulated(system) == before + 3)
        let told = try JSON.parse(try await conclave(system, "show", id, "--json").output)
        let old = Story(told).lastAnalysis?["analysis"]
        // of both judgements something is on the page
        for point in [old?["consensus"]?[0]?.string, Story(new).lastAnalysis?["analysis"]?["consensus"]?[0]?.string] {
          let words = try #require(point).split(separator: " ").prefix(3).joined(separator: " ")
          #expect(page.output.contains(words), "\(words) is not in\n\(page.output)")
        }
        #expect(page.output.contains("│"))
        #expect(page.output.contains("mode merge") && page.output.contains("mode best-of"))
        #expect(page.output.contains(configuration.judgeModel))

        try await exports(system, id)
        let list = try JSON.parse((try await ledger(system, "/v1/deliberations?replays=\(id)")).body)["deliberations"]
        let replays = (list?.array ?? []).compactMap { $0["id"]?.string }
        #expect(replays.count == 2 && replays.contains(new["deliberation"]?["id"]?.string ?? "-"))
        try await forgets(system, id, "kumquat", naming: replays)
        let verified = try await conclave(system, "verify", "--all")
        #expect(verified.status == 0, "\(verified.output)")
        #expect(verified.output.contains("1 forgotten"))
      }
    }

    @Test("judges again what a model of the client's own asked a panel for, and asks for no decision and no panel")
    func tool() async throws {
      let other = "simulator/model-other+latency-20-60"
      var configuration = TestConfiguration()
      configuration.others = [FusionCase.outer, other]
      try await withSystem(configuration) { system in
        let asked = FusionCase.tool("", "Is a quince a pome? [use fusion]", tools: [FusionCase.weather])
        let response = try await system.post(try JSON.parse(asked.body))
        let id = try #require(try JSON.parse(response.body)["id"]?.string)
        #expect(response.status == 200)
        try await isStored(id, system)
        let old = try JSON.parse(try await conclave(system, "show", id, "--json").output)
        #expect(old["calls"]?.array?.contains { $0["purpose"] == "decision" } == true, "\(old["calls"] ?? [])")

        let before = try await simulated(system)
        let replayed = try await conclave(system, "replay", id, "--judge", other, "--json")
        #expect(replayed.status == 0, "\(replayed.output)\(replayed.error)")
        let new = try #require(try JSON.parse(replayed.output)["new"])
        #expect(new["deliberation"]?["replays"]?.string == id && new["deliberation"]?["judge"]?.string == other)
        let calls = new["calls"]?.array ?? []
        #expect(calls.compactMap { $0["purpose"]?.string } == ["judge", "answer"], "\(calls)")
        #expect(calls.compactMap { $0["model"]?.string } == [other, FusionCase.outer])
        #expect(try await simulated(system) == before + 2)
        let page = try await conclave(system, "replay", id, "--judge", other)
        #expect(page.status == 0 && page.output.contains("│") && page.output.contains(other), "\(page)")
      }
    }

    /// How many calls the provider was asked for so far.
    private func simulated(_ system: RunningSystem) async throws -> Int {
      Int(try await system.metric("conclave_simulator_calls_total", of: "model-simulator"))
    }

    private func exports(_ system: RunningSystem, _ id: String) async throws {
      let flat = try await conclave(system, "export", "deliberations", "--format", "flat")
      let rows = try flat.output.split(separator: "\n").map { try JSON.parse(String($0)) }
      #expect(rows.count == 4)
      let names = FlatTable.deliberations.columns.map(\.name)
      for row in rows { #expect(row.object?.members.map(\.key) == names) }
      let events = try await conclave(system, "export", "events", "--id", id)
      let whole = try await ledger(system, "/v1/deliberations/\(id)/events")
      let stored = try JSON.parse(whole.body)["events"]?.array?.count
      #expect(events.output.split(separator: "\n").count == stored)
      let calls = try await conclave(system, "export", "calls", "--format", "csv")
      // two panels of three, each with judge and answer; two replays, of which best-of pays for no answer
      let lines = calls.output.split(separator: "\n").count
      #expect(lines == 14, "\(calls.output)")
      #expect(calls.output.hasPrefix("deliberation,call,purpose,tenant,"))
    }

    private func forgets(
      _ system: RunningSystem, _ id: String, _ word: String, naming replays: [String]
    ) async throws {
      func found() async throws -> Int {
        let answer = try await ledger(system, "/v1/search?q=\(word)&limit=200")
        let hits = try JSON.parse(answer.body)["found"]?.array ?? []
        return hits.filter { $0["id"]?.string == id }.count
      }
      try await eventually("the question is found") { (try? await found()) ?? 0 > 0 }
      let forgotten = try await conclave(system, "forget", id, "--by", "the test")
      #expect(forgotten.status == 0, "\(forgotten.error)")
      #expect(forgotten.output == "forgotten: 1\n")
      #expect(forgotten.error.contains("until their retention ends"))
      // what holds the same answers is named, and goes when it is asked for as well
      let named = forgotten.error.split(separator: "\n").filter { $0.contains("judged the same answers again") }
      #expect(Set(named.compactMap { $0.split(separator: " ").first.map(String.init) }) == Set(replays))
      try await eventually("nothing is found any more") { (try? await found()) == 0 }
      let shown = try await conclave(system, "show", id, "--json")
      #expect(!shown.output.contains(word), "\(shown.output)")
      let again = try await conclave(system, "replay", id)
      #expect(again.status == 1 && again.error.contains("forgotten"))
    }

    /// How often the broker is killed; the full check says more than the usual one.
    private static let brokerKills =
      ProcessInfo.processInfo.environment["CONCLAVE_BROKER_KILLS"].flatMap { Int($0) } ?? 2

    @Test(
      "brings back what was open when the broker was killed under load, and pays for no call that had its outcome",
      .enabled(if: RunningSystem.kafka == nil)) func restored() async throws
    {
      try await withSystem(.slow) { system in
        let accepted = Lock<[String]>([])
        var calls = 0
        for kill in 0..<Self.brokerKills {
          let isOver = Lock(false)
          // they go on asking while it dies and until another one is there
          let askers = (0..<3).map { asker in
            Task {
              var number = 0
              while !isOver.withLock({ $0 }) {
                number += 1
                let question = TestConfiguration.fusion("\(kill), \(asker), \(number)?")
                let response = try? await system.post(question, to: "/v1/deliberations")
                let id = response.flatMap { try? JSON.parse($0.body) }?["id"]?.string
                if let id, response?.status == 202 { accepted.withLock { $0.append(id) } }
                let pause = ContinuousClock.now + .milliseconds(response == nil ? 100 : 150)
                try? await eventually("it asks again") { ContinuousClock.now >= pause }
              }
            }
          }
          // somewhere between the first call and the last answer
          let moment = Int64.random(in: 500...2_500)
          let passed = ContinuousClock.now + .milliseconds(moment)
          try await eventually("the moment has come") { ContinuousClock.now >= passed }
          let ledger = try system.service("ledger").pid
          let victim = try system.kill("broker")
          if kill == Self.brokerKills - 1 {
            // and the ledger too, while it puts back what was open
            try await eventually("another ledger puts back what was open", within: .seconds(60)) {
              let now = RunFile.read(data: system.folder + "/data")?.services.first { $0.name == "ledger" }?.pid
              return now != nil && now != ledger
            }
            _ = try system.kill("ledger")
          }
          try await eventually("another broker is there", within: .seconds(60)) {
            let services = RunFile.read(data: system.folder + "/data")?.services ?? []
            return services.contains { $0.name == "broker" && $0.pid != victim }
          }
          try await system.becomesReady(within: .seconds(60))
          isOver.withLock { $0 = true }
          for asker in askers { await asker.value }
        }
        let ids = accepted.withLock { $0 }
        #expect(ids.count >= 5 * Self.brokerKills && Set(ids).count == ids.count)
        for id in ids { try await isStored(id, system) }
        let exported = try await conclave(system, "export", "calls", "--format", "flat")
        let mine = Set(ids)
        calls = try exported.output.split(separator: "\n").count { line in
          mine.contains(try JSON.parse(String(line))["deliberation"]?.string ?? "")
        }
        #expect(calls == ids.count * 5)
        // a call that is paid for twice has two outcomes of two executions in the ledger
        let verified = try await conclave(system, "verify", "--all", "--json")
        let report = try JSON.parse(verified.output)
        #expect(verified.status == 0 && report["paid"]?.int == 0, "\(verified.output.prefix(2_000))")
        // what was taken and could not be said any more runs as well
        #expect(report["digests"]?.int ?? 0 >= Int64(ids.count))
      }
    }

    @Test("brings back what was open when everything was killed", .enabled(if: RunningSystem.kafka == nil))
    func everything() async throws {
      let first = try await RunningSystem(.slow)
      let folder = first.folder
      defer { try? FileManager.default.removeItem(atPath: folder) }
      var ids: [String] = []
      for number in 0..<8 {
        let response = try await first.post(TestConfiguration.fusion("\(number)?"), to: "/v1/deliberations")
        #expect(response.status == 202)
        ids.append(try #require(try JSON.parse(response.body)["id"]?.string))
      }
      let services = try first.run().services
      Glibc.kill(first.pid, SIGKILL)
      #expect(try await first.waitForEnd() == .signal(SIGKILL))
      first.client.shutdown()
      try await eventually("no child is left") { services.allSatisfy { Glibc.kill($0.pid, 0) != 0 } }
      let second = try await RunningSystem(.slow, folder: folder)
      for id in ids { try await isStored(id, second) }
      let verified = try await conclave(second, "verify", "--all")
      #expect(verified.status == 0, "\(verified.output)")
      try await second.stop()
    }
  }
}

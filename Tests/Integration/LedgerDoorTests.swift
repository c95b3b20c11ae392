import Deliberation
import Foundation
import Testing
import Threads

@testable import Conclave
@testable import Ledger

extension RunningSystems {
  @Suite("The ledger's interface", .timeLimit(.minutes(3))) struct LedgerDoorTests {
    @Test("has forgotten when it says so: one, a tenant's page by page, what is old; and leaves what is open")
    func forgets() async throws {
      let ledger = try await LoneLedger()
      ledger.tell(of: ["one", "two"])
      ledger.start()
      try await ledger.tell(240)
      let open = try await ledger.tellOpen()
      try await ledger.isRead()
      func forgotten(_ tenant: String) async throws -> [JSON] {
        let page = try await ledger.ask("GET", "/v1/deliberations?tenant=\(tenant)&limit=500").body
        return (page["deliberations"]?.array ?? []).filter { $0["forgotten"] != nil }
      }
      func forget(_ body: JSON) async throws -> (status: Int, body: JSON) {
        try await ledger.ask("POST", "/v1/forgotten", body)
      }
      #expect(try await forget(["id": .string(open)]).status == 409)
      #expect(try await forget(["id": "gen-nobody"]).status == 404)
      for wrong in [["by": "x"], ["id": "a", "tenant": "b"], ["tenant": "one", "limit": 0], ["before": "monday"]]
        as [JSON]
      {
        #expect(try await forget(wrong).status == 400, "\(wrong.text)")
      }
      let some = try await forget(["tenant": "one", "limit": 3, "by": "the test"])
      #expect(some.status == 200)
      #expect(
        some.body["forgotten"] == 3 && some.body["more"] == true && some.body["read"] == true, "\(some.body.text)")
      #expect(try await forgotten("one").count == 3)
      let rest = try await forget(["tenant": "one"])
      #expect(rest.body["more"] == false)
      let list =
        try await ledger.ask("GET", "/v1/deliberations?tenant=one&limit=500").body["deliberations"]?.array ?? []
      #expect(
        list.filter { $0["status"] != "open" }.allSatisfy { $0["forgotten"]?["by"] != nil && $0["question"] == nil })
      #expect(try await forget(["tenant": "one"]).body["forgotten"] == 0)
      #expect(try await forgotten("two").isEmpty)

      // what is old, of all tenants
      let two =
        try await ledger.ask("GET", "/v1/deliberations?tenant=two&status=completed").body["deliberations"]?.array ?? []
      let ends = two.compactMap { $0["ended"]?.string }.sorted()
      let middle = try #require(ends.count > 4 ? ends[3] : nil)
      let old = try await forget(["before": .string(middle)])
      #expect(old.body["forgotten"] == 3 && old.body["open"] == 0, "\(old.body.text)")
      #expect(try await forgotten("two").compactMap { $0["ended"]?.string }.sorted() == Array(ends.prefix(3)))

      // and by the command, which ends when that is done
      var environment = ledger.environment()
      environment["CONCLAVE_LEDGER"] = try await ledger.door
      let command = try await Tool.run(
        RunningSystem.programs + "/conclave", ["forget", "--tenant", "two", "--before", "2100-01-01"],
        environment: environment)
      #expect(command.status == 0 && command.output == "forgotten: \(ends.count - 3)\n", "\(command)")
      for word in ["requests", "calls.*", "results", "cache.sqlite"] { #expect(command.error.contains(word)) }
      #expect(try await forgotten("two").count == ends.count)
      let checked = try await ledger.ask("GET", "/v1/verification").body
      #expect(
        checked["passed"] == true
          && checked["forgotten"]?.int == Int64(list.filter { $0["status"] != "open" }.count + ends.count))
    }

    @Test("lets whoever follows wait for what comes, and begin with the last of one deliberation") func follows()
      async throws
    {
      let ledger = try await LoneLedger()
      ledger.start()
      try await ledger.tell(60)
      try await ledger.isRead()
      let end = try #require(try await ledger.ask("GET", "/v1/end").body["next"]?.int)
      let begun = ContinuousClock.now
      let nothing = try await ledger.ask("GET", "/v1/records?after=\(end)&wait_ms=300").body
      #expect(nothing["events"] == [] && nothing["next"]?.int == end)
      #expect(ContinuousClock.now - begun >= .milliseconds(300))
      let url = "http://\(try await ledger.door)/v1/records?after=\(end)&wait_ms=60000&limit=5"
      let client = ledger.client
      async let next = LoneLedger.ask(client, url)
      try await ledger.tell(12)
      let came = try await next.body["events"]?.array ?? []
      #expect(!came.isEmpty && came.first?["seq"]?.int == end + 1)
      try await ledger.isRead()

      let id = try #require(came.first?["deliberation"]?.string)
      let all = try await ledger.ask("GET", "/v1/deliberations/\(id)/events").body["events"]?.array ?? []
      for last in [0, 1, 3, 500] {
        let page = try await ledger.ask("GET", "/v1/deliberations/\(id)/events?last=\(last)").body
        #expect(page["events"]?.array == Array(all.suffix(last)), "last \(last)")
        #expect(page["next"] == all.last?["seq"])
      }
      var environment = ledger.environment()
      environment["CONCLAVE_LEDGER"] = try await ledger.door
      let log = try await Tool.run(
        RunningSystem.programs + "/conclave", ["log", "--id", id, "--last", "2", "--json"], environment: environment)
      let told = try log.output.split(separator: "\n").map { try JSON.parse(String($0))["id"] ?? "" }
      #expect(told == all.suffix(2).map { $0["id"] ?? "" }, "\(log)")
      // of one that goes on it shows what comes until it is ended
      let open = try await ledger.tellOpen()
      try await ledger.isRead()
      let seen = Lock("")
      let following = KeptProcess(
        RunningSystem.programs + "/conclave", ["log", "--id", open, "--follow"], environment: environment
      ) { text in seen.withLock { $0 += text } }
      try await eventually("it shows what is there") { seen.withLock { $0.contains("panel.dispatched") } }
      #expect(following.end == nil)
      let shown = Lock("")
      let watching = KeptProcess(
        RunningSystem.programs + "/conclave", ["log", "--follow", "--last", "0", "--type", "deliberation.completed"],
        environment: environment
      ) { text in shown.withLock { $0 += text } }
      let before = try #require(ledger.number("SELECT count(*) FROM deliberations WHERE ended IS NOT NULL"))
      // and of all what comes, of nothing before
      try await eventually("it shows what ends from now on") {
        try await ledger.tell(12)
        return shown.withLock { $0.contains("deliberation.completed") }
      }
      try await ledger.tellRest()
      try await eventually("it shows the end, and is over with it") {
        seen.withLock { $0.contains("deliberation.completed") } && following.end == .status(0)
      }
      try await ledger.isRead()
      let after = try #require(ledger.number("SELECT count(*) FROM deliberations WHERE ended IS NOT NULL"))
      try await eventually("it shows that end too") { shown.withLock { $0.contains(open) } }
      #expect(shown.withLock { $0.split(separator: "\n").count } <= Int(after - before))
      #expect(watching.end == nil)
      watching.kill()
    }
  }
}

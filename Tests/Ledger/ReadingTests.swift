import Bus
import Deliberation
import Folding
import Foundation
import Store
import Testing

@testable import Ledger

@Suite("What the ledger is asked") struct ReadingTests {
  @Test("lists page by page, the newest first, each once") func pages() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 31)
    teller.tenants = ["one", "two", "three"]
    try shelf.write(teller.records(1_300))
    let archive = try shelf.archive()
    var filter = Archive.Filter(tenant: "two", limit: 7)
    var seen: [String] = []
    var times: [String] = []
    while true {
      let page = try archive.list(filter)
      for summary in page["deliberations"]?.array ?? [] {
        #expect(summary["tenant"]?.string == "two")
        seen.append(summary["id"]?.string ?? "")
        times.append(summary["asked"]?.string ?? "")
      }
      guard let next = page["next"]?.string else { break }
      filter.cursor = try Query([("cursor", next)]).filter().cursor
    }
    #expect(Int64(seen.count) == (try shelf.number("SELECT count(*) FROM deliberations WHERE tenant = 'two'")))
    #expect(Set(seen).count == seen.count)
    #expect(times == times.sorted(by: >))
    #expect(try archive.list(Archive.Filter(status: "failed"))["deliberations"]?.array?.isEmpty == true)
  }

  @Test("finds words and phrases, of one tenant alone where that is asked") func search() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 32)
    teller.tenants = ["one", "two"]
    try shelf.write(teller.records(240))
    let archive = try shelf.archive()
    let search = try SearchFile(SearchFile.path(data: shelf.folder))
    while try search.follow(archive, most: 50) > 0 {}
    let answer = try #require(
      try archive.rows(after: 0, most: 240).first { $0.type == "conclave.call.completed.v1" })
    let text = try #require(try JSON.parse(answer.value ?? [])["content"]?.string)
    let words = text.split(separator: " ").prefix(4).joined(separator: " ")
    func ids(_ query: String, _ tenant: String? = nil) throws -> [String] {
      (try archive.search(query, tenant: tenant, limit: 20)["found"]?.array ?? []).compactMap { $0["id"]?.string }
    }
    #expect(try ids("\"\(words)\"") == [answer.subject])
    #expect(try ids(words).contains(answer.subject))
    let tenant = try #require(try archive.summary(answer.subject)?["tenant"]?.string)
    #expect(try ids("\"\(words)\"", tenant) == [answer.subject])
    #expect(try ids("\"\(words)\"", tenant == "one" ? "two" : "one").isEmpty)
    for hostile in ["\"", "a OR", "NEAR(", "body:x*", "'; DROP TABLE texts", "\"\"\"", "-"] { _ = try ids(hostile) }
  }

  @Test("counts who disagreed and who stood alone") func disagreement() throws {
    let comparison = Comparison(
      [
        "consensus": ["x"], "partial_coverage": [], "blind_spots": [],
        "contradictions": [
          [
            "topic": "t",
            "stances": [
              ["model": "a", "stance": "yes"], ["model": "b", "stance": "yes"], ["model": "c", "stance": "no"],
            ],
          ]
        ], "unique_insights": [["model": "a", "insight": "i"]],
      ], models: ["a", "b", "c"])
    #expect(comparison.stood["c"] == Sums.Stood(compared: 1, contradicted: 1, alone: 1, insights: 0))
    #expect(comparison.stood["a"] == Sums.Stood(compared: 1, contradicted: 1, alone: 0, insights: 1))
    #expect(comparison.met[Sums.Pair(one: "a", other: "b")] == Sums.Met(compared: 1, apart: 0))
    #expect(comparison.met[Sums.Pair(one: "a", other: "c")] == Sums.Met(compared: 1, apart: 1))
  }

  @Test("sums up costs, who disagreed with whom, who stood alone and what outer models chose") func totals() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 35)
    teller.tenants = ["one", "two"]
    var told = (0..<6).map { _ in teller.deliberation() }
    told.append(Plot.decided.tell(&teller))
    told.append(Plot.degraded.tell(&teller))
    try shelf.write(told.flatMap { $0 }.map { teller.record($0) })
    let archive = try shelf.archive()
    let totals = try archive.totals(tenant: nil, since: nil, until: nil)
    let days = totals["days"]?.array ?? []
    #expect(days.reduce(0) { $0 + ($1["calls"]?.int ?? 0) } == (try shelf.number("SELECT count(*) FROM calls")))
    let sum = days.reduce(0) { $0 + ($1["cost"]?.number ?? 0) }
    let cost = try Double(shelf.number("SELECT sum(cost) FROM calls")) / 1e9
    #expect(abs(sum - cost) < 1e-9)
    // one judgement of all three each, where there was one
    #expect(totals["models"]?.array?.map { $0["compared"] ?? 0 } == [7, 7, 7])
    #expect(totals["models"]?.array?.map { $0["contradicted"] ?? 0 } == [7, 7, 7])
    #expect(totals["models"]?.array?.reduce(0) { $0 + ($1["alone"]?.int ?? 0) } == 7)
    #expect(totals["pairs"]?.array?.count == 3)
    #expect(totals["pairs"]?.array?.reduce(0) { $0 + ($1["apart"]?.int ?? 0) } == 14)
    #expect(totals["choices"] == [["model": .string(Teller.models[0]), "outcome": "fused", "count": 1]])
    let one = try archive.totals(tenant: "one", since: nil, until: nil)
    #expect(one["pairs"] == nil && one["days"]?.array?.allSatisfy { $0["tenant"] == "one" } == true)
    #expect(try archive.totals(tenant: nil, since: "2100-01-01", until: nil)["days"] == [])
    #expect(days.allSatisfy { $0["key"]?.isNull == true })
  }

  @Test("sums up costs for each key that asked, whoever reads its events in what batches") func keys() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 37)
    teller.keys = ["0123456789abcdef", "fedcba9876543210", nil]
    let told = (0..<6).map { _ in teller.deliberation() }
    // the outcomes come after their deliberation was let go and is read back from the file
    for half in [told.map { $0.prefix(4) }, told.map { $0.dropFirst(4) }] {
      try shelf.write(half.flatMap { $0 }.map { teller.record($0) })
    }
    let archive = try shelf.archive()
    let days = try archive.totals(tenant: nil, since: nil, until: nil)["days"]?.array ?? []
    for key in teller.keys {
      let sum = days.filter { $0["key"]?.string == key }.reduce(0) { $0 + ($1["cost"]?.number ?? 0) }
      let cost =
        try Double(
          shelf.number(
            """
            SELECT sum(c.cost) FROM calls c JOIN deliberations d ON d.id = c.deliberation
            WHERE d.key IS \(key.map { "'\($0)'" } ?? "NULL")
            """)) / 1e9
      #expect(cost > 0 && abs(sum - cost) < 1e-9, "\(key ?? "none")")
    }
    let id = try #require(told.first?.first?.subject)
    #expect(try archive.summary(id)?["key"] == .string(teller.keys[1] ?? ""))
  }

  @Test("is said not to be all where a tenant's texts lie far back among those of others") func incomplete() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 36)
    teller.answerBytes = 20
    teller.tenants = ["rare"]
    let rare = teller.deliberation()
    teller.tenants = ["default"]
    let others = (0..<40).map { _ in teller.deliberation() }
    try shelf.write((rare + others.flatMap { $0 }).map { teller.record($0) })
    let archive = try shelf.archive()
    let search = try SearchFile(SearchFile.path(data: shelf.folder))
    #expect(try archive.search("zebra", tenant: nil, limit: 1)["behind"]?.int == archive.lastSeq)
    while try search.follow(archive, most: 500) > 0 {}
    // a word of each text of one event more than is looked through
    try search.database.run("UPDATE texts SET body = body || ' kumquat'")
    let found = try archive.search("kumquat", tenant: "rare", limit: 1)
    #expect(found["found"] == [] && found["complete"] == false && found["behind"] == 0)
    let whole = try archive.search("kumquat", tenant: "rare", limit: 200)
    #expect(whole["found"]?.array?.isEmpty == false && whole["complete"] == true)
  }

  @Test("tells OpenRouter's clients about a generation, also whether a panel sat, a stream was read and why it ended")
  func generation() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 33)
    var told = teller.deliberation()
    let id = told[0].subject
    var requested = try #require(try JSON.parse(told[0].value).object)
    requested["stream"] = "answer"
    told[0] = Teller.Told(
      subject: id, id: told[0].id, type: told[0].type, time: told[0].time, value: JSON.object(requested).bytes)
    try shelf.write(told.map { teller.record($0) })
    let data = try #require(try shelf.archive().generation(id)?["data"])
    #expect(data["router"]?.string == "openrouter/fusion")
    #expect(data["id"]?.string == id)
    #expect((data["total_cost"]?.number ?? 0) > 0)
    #expect(data["streamed"] == true && data["finish_reason"] == "stop")
    #expect(try shelf.archive().generation("gen-nobody") == nil)
    // the outer model might have asked a panel, and did not
    let alone = teller.deliberation()
    var decided = try #require(try JSON.parse(alone[0].value).object)
    decided["policy"] = "auto"
    let plain = Teller.ended([
      Teller.Told(
        subject: alone[0].subject, id: alone[0].id, type: alone[0].type, time: alone[0].time,
        value: JSON.object(decided).bytes), alone[10],
    ])
    try shelf.write(plain.map { teller.record($0) })
    let other = try #require(try shelf.archive().generation(alone[0].subject)?["data"])
    #expect(other["router"] == .null && other["streamed"] == false)
  }

  @Test("is restored in order: events first, then the word that they were, then what waits") func restore() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 34)
    let records = teller.deliberation().prefix(5).map { teller.record($0) }
    let id = try #require(records.first?.headers.text("ce_subject"))
    let (_, ended) = teller.story()
    let waiting = Record(
      topic: "conclave.requests", partition: 4, offset: 9, timestamp: 2_000_000_000_000, key: Array("k".utf8),
      value: Array(#"{"request":{}}"#.utf8), headers: [Header("ce_type", "conclave.ask.v1")])
    try shelf.write(records + ended + [teller.again(records[2]), waiting])
    let topics = Topics(BusSettings(bootstrap: "127.0.0.1:1", kind: .embedded))
    let restore = Restore(topics: topics, sender: .init(service: "ledger", instance: "ledger-0"), incarnation: "two")
    let (back, report) = try restore.records(shelf.file.database)
    #expect(report == Restore.Report(deliberations: 1, events: 5, asks: 1))
    #expect(back.prefix(5).map(\.headers) == records.map(\.headers))
    #expect(back.prefix(5).map(\.value) == records.map(\.value))
    #expect(back[5].headers.text("ce_id") == "\(id)/deliberation.restored/two")
    #expect(back[6].headers.text("ce_id") == "conclave.requests/4/9")

    // on the new broker they are repeats, and the story goes on
    try shelf.newLife("two")
    let again = back.prefix(6).enumerated().map { offset, outgoing in
      Record(
        topic: outgoing.topic, partition: records[0].partition, offset: Int64(offset), timestamp: -1, key: outgoing.key,
        value: outgoing.value, headers: outgoing.headers)
    }
    let written = try shelf.write(again)
    #expect(written.repeats == 5)
    #expect(try shelf.archive().summary(id)?["status"]?.string == "open")
    #expect(try shelf.audit().findings == [])
  }
}

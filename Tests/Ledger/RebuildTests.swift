import Bus
import Deliberation
import Foundation
import Store
import Testing

@testable import Ledger

@Suite("A rebuild") struct RebuildTests {
  @Test("gives the same tables byte for byte, from the file and from the log") func same() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 21)
    teller.tenants = ["one", "two"]
    var records = teller.records(1_200)
    let call = try #require(records.first { $0.headers.text("ce_type") == "conclave.call.completed.v1" })
    var other = try #require(try JSON.parse(call.value ?? []).object)
    other["execution"] = "another"
    records.append(teller.again(call, value: JSON.object(other).bytes))
    for batch in stride(from: 0, to: records.count, by: 97) {
      try shelf.write(Array(records[batch..<min(records.count, batch + 97)]))
    }
    let before = try Rebuild.fingerprint(shelf.file.database)
    try shelf.run("UPDATE deliberations SET cost = 1")
    #expect(try Rebuild.fingerprint(shelf.file.database) != before)
    let report = try Rebuild.run(shelf.file.database)
    #expect(report.events == records.count)
    #expect(try Rebuild.fingerprint(shelf.file.database) == before)

    // from offset 0 of the log, its partitions in another order
    let fresh = try Shelf()
    try fresh.write(records.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) })
    #expect(try Rebuild.fingerprint(fresh.file.database) == before)
  }

  @Test("gives the same tables for however deliberations went, with some of them forgotten", arguments: 0..<4)
  func plots(seed: UInt64) throws {
    var teller = Teller(seed: 70 + seed)
    var random = SplitMix(seed: seed)
    var open: [ArraySlice<Teller.Told>] = []
    for plot in Plot.allCases + Plot.allCases { open.append(plot.tell(&teller)[...]) }
    let half = Set(open.prefix(Plot.allCases.count).map { $0[0].subject })
    let shelf = try Shelf()
    var records: [Record] = []
    func write(_ record: Record) throws {
      records.append(record)
      try shelf.write([record])
    }
    while !open.isEmpty {
      let place = Int(random.next() % UInt64(open.count))
      if let told = open[place].popFirst() { try write(teller.record(told)) }
      guard open[place].isEmpty else { continue }
      open.remove(at: place)
    }
    for id in half.sorted() {
      let rows = try shelf.archive().rows(of: id)
      let tombstone = Event.forgotten(Forgotten(by: "operator", hashes: rows.map { Hex.text($0.hash) }))
      try write(teller.record(tombstone, of: id, "forgotten"))
      // what a late caller writes
      try write(
        teller.again(
          try #require(records.last { $0.headers.text("ce_subject") == id && $0.offset != records.last?.offset })))
    }
    #expect(try shelf.audit().findings == [])
    let states = try shelf.file.database.prepare("SELECT DISTINCT state FROM deliberations").rows { $0.text(0) }
    #expect(Set(states) == ["completed", "failed", "cancelled", "rejected"])
    let kept = try shelf.file.database.prepare("SELECT value FROM events WHERE erased <> 0").rows {
      String(decoding: $0.bytes(0), as: UTF8.self)
    }
    for words in ["a word of mine", "another word", "recorded words", "words of theirs", "it said nothing"] {
      #expect(!kept.contains { $0.contains(words) }, "\(words)")
    }
    let before = try Rebuild.fingerprint(shelf.file.database)
    _ = try Rebuild.run(shelf.file.database)
    #expect(try Rebuild.fingerprint(shelf.file.database) == before)
    let fresh = try Shelf()
    try fresh.write(records.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) })
    #expect(try Rebuild.fingerprint(fresh.file.database) == before)
  }

  @Test("takes the tokens of what was settled") func settled() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 23)
    let told = Plot.settled.tell(&teller)
    try shelf.write(told.map { teller.record($0) })
    let summary = try #require(try shelf.archive().summary(told[0].subject))
    #expect(summary["cost"]?.number == 0.75 && summary["cost_final"]?.bool == true && summary["calls"]?.int == 6)
    #expect(summary["usage"] == ["prompt_tokens": 77, "completion_tokens": 88])
  }

  @Test("leaves forgotten what was forgotten") func forgotten() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 22)
    let (id, records) = teller.story()
    let secret = "xylophone"
    var requested = try #require(try JSON.parse(records[0].value ?? []).object)
    requested["request"] = ["model": "openrouter/fusion", "messages": [["role": "user", "content": .string(secret)]]]
    requested["metadata"] = [secret: "x"]
    var story = records
    story[0] = Record(
      topic: story[0].topic, partition: story[0].partition, offset: story[0].offset, timestamp: story[0].timestamp,
      key: story[0].key, value: JSON.object(requested).bytes, headers: story[0].headers)
    try shelf.write(story)
    let archive = try shelf.archive()
    let calls = try archive.calls(id)
    let totals = try archive.totals(tenant: nil, since: nil, until: nil)
    #expect(try archive.summary(id)?["question"]?.string == secret)
    let search = try SearchFile(SearchFile.path(data: shelf.folder))
    #expect(try search.follow(archive, most: 1_000) == story.count)
    #expect(try archive.search(secret, tenant: nil, limit: 5)["found"]?.array?.count == 1)

    let hashes = try archive.rows(of: id).map { Hex.text($0.hash) }
    let tombstone = teller.record(.forgotten(Forgotten(by: "operator", hashes: hashes)), of: id, "forgotten")
    try shelf.write([tombstone, teller.again(story[2])])
    #expect(try search.follow(archive, most: 1_000) == 2)
    #expect(try archive.search(secret, tenant: nil, limit: 5)["found"]?.array?.isEmpty == true)
    #expect(try archive.summary(id)?["question"] == nil)
    #expect(try archive.result(id)?["result"] == nil)
    // costs, models and who stood alone remain
    #expect(try archive.calls(id) == calls)
    #expect(try archive.totals(tenant: nil, since: nil, until: nil) == totals)
    let before = try Rebuild.fingerprint(shelf.file.database)
    _ = try Rebuild.run(shelf.file.database)
    #expect(try Rebuild.fingerprint(shelf.file.database) == before)
    // its question was put in after the digest of its end was taken, and that is found also now
    #expect(try shelf.audit().findings.map(\.kind) == [.digest])

    let answer = try #require(try JSON.parse(story[2].value ?? [])["content"]?.string).prefix(60)
    for name in ["ledger.sqlite", "ledger.search.sqlite", "ledger.sqlite-wal", "ledger.search.sqlite-wal"] {
      guard let bytes = FileManager.default.contents(atPath: shelf.folder + "/" + name) else { continue }
      #expect(bytes.firstRange(of: Data(secret.utf8)) == nil, "\(name) still holds the question")
      #expect(bytes.firstRange(of: Data(answer.utf8)) == nil, "\(name) still holds an answer")
    }
  }

  @Test("of a redacted event keeps its shape and no word") func redaction() throws {
    let value: JSON = [
      "round": 0, "call": "gen-1/judge/0/-/0",
      "analysis": [
        "consensus": ["both say so"],
        "contradictions": [
          ["topic": "when", "stances": [["model": "a/b", "stance": "now"], ["model": "c/d", "stance": "now"]]]
        ],
      ],
      "evidence": [["point": "p", "quote": "q", "call": "gen-1/panel/0/0/0", "verified": true]],
      "prompt_version": "1",
    ]
    let kept = try JSON.parse(Redaction.redacted(value.bytes))
    #expect(kept["call"]?.string == "gen-1/judge/0/-/0")
    let stances = kept["analysis"]?["contradictions"]?[0]?["stances"]
    #expect(stances?[0]?["model"]?.string == "a/b")
    #expect(stances?[0]?["stance"] == stances?[1]?["stance"])
    for word in ["both say so", "when", "now", "\"q\""] { #expect(!kept.text.contains(word), "\(word)") }
  }
}

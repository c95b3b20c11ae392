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

    try shelf.run("PRAGMA wal_checkpoint(TRUNCATE)")
    try search.database.run("PRAGMA wal_checkpoint(TRUNCATE)")
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

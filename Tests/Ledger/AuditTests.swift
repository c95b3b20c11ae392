import Bus
import Deliberation
import Foundation
import Store
import Testing

@testable import Ledger

@Suite("An audit") struct AuditTests {
  private func shelf() throws -> (Shelf, Teller) {
    let shelf = try Shelf()
    var teller = Teller(seed: 11)
    try shelf.write(teller.records(600))
    let audit = try shelf.audit()
    #expect(audit.findings == [])
    #expect(audit.digests == audit.deliberations && audit.digests >= 50)
    return (shelf, teller)
  }

  /// Some answer in the middle.
  private func victim(_ shelf: Shelf) throws -> (seq: Int64, id: String, place: String) {
    try #require(
      try shelf.file.database.prepare(
        "SELECT seq, id, topic, partition, offset FROM events WHERE type = 'conclave.call.completed.v1' LIMIT 1 OFFSET 99"
      ).rows { ($0.int(0), $0.text(1), "\($0.text(2))/\($0.int(3))/\($0.int(4))") }.first)
  }

  @Test("names a changed byte of one event") func changed() throws {
    let (shelf, _) = try shelf()
    let (seq, id, place) = try victim(shelf)
    var value = try #require(
      try shelf.file.database.prepare("SELECT value FROM events WHERE seq = ?").rows([.int(seq)]) { $0.bytes(0) }.first)
    value[value.count / 2] ^= 1
    try shelf.file.database.prepare("UPDATE events SET value = ? WHERE seq = ?").run(.bytes(value), .int(seq))
    let audit = try shelf.audit()
    #expect(audit.findings.map(\.kind) == [.changed])
    #expect(audit.findings.first?.event == id && audit.findings.first?.place == place)
    // whoever changes the hash as well is caught by the digest of the end
    try shelf.file.database.prepare("UPDATE events SET hash = ? WHERE seq = ?").run(
      .bytes(SHA256.hash(value)), .int(seq))
    let again = try shelf.audit()
    #expect(again.findings.map(\.kind) == [.digest])
    #expect(again.findings.first?.deliberation.map { id.hasPrefix($0) } == true)
  }

  @Test("names an event that was removed, at the end of its partition too") func removed() throws {
    let (shelf, _) = try shelf()
    let (seq, _, place) = try victim(shelf)
    try shelf.run("DELETE FROM events WHERE seq = \(seq)")
    let audit = try shelf.audit()
    #expect(Set(audit.findings.map(\.kind)) == [.missing, .digest])
    #expect(audit.findings.contains { $0.kind == .missing && $0.place == place })

    let last = try shelf.number("SELECT max(offset) FROM events WHERE partition = 3")
    try shelf.run("DELETE FROM events WHERE partition = 3 AND offset = \(last)")
    #expect(try shelf.audit().findings.contains { $0.place == "\(Teller.topic)/3/\(last)" })
  }

  @Test("names a row that stands twice") func doubled() throws {
    let (shelf, _) = try shelf()
    let (seq, id, place) = try victim(shelf)
    try shelf.run("DROP INDEX events_place")
    try shelf.run(
      """
      INSERT INTO events SELECT (SELECT max(seq) + 1 FROM events), log, topic, partition, offset, at, subject, id, type,
        standing, why, key, headers, value, hash, erased FROM events WHERE seq = \(seq)
      """)
    let audit = try shelf.audit()
    #expect(audit.findings.map(\.kind) == [.doubled])
    #expect(audit.findings.first?.event == id && audit.findings.first?.place == place)
  }

  @Test("names a gap in the offsets that the log itself had, and takes a log that begins late as it is") func gap()
    throws
  {
    let shelf = try Shelf()
    var teller = Teller(seed: 12)
    // gone before the first record was read: the log begins behind it
    _ = teller.records(2_000)
    try shelf.write(teller.records(2_000))
    #expect(try shelf.audit().findings == [])
    let lost = teller.story().records
    let written = try shelf.write(teller.records(2_000))
    #expect(written.gaps.map(\.partition) == [lost[0].partition])
    let findings = try shelf.audit().findings
    #expect(findings.map(\.kind) == [.missing])
    #expect(findings.first?.place == "\(Teller.topic)/\(lost[0].partition)/\(lost[0].offset)")
  }

  @Test("passes what was forgotten, whose hashes remain") func forgotten() throws {
    var (shelf, teller) = try shelf()
    let id = try shelf.archive().rows(after: 40, most: 1).first?.subject ?? ""
    let hashes = try shelf.archive().rows(of: id).map { Hex.text($0.hash) }
    let tombstone = teller.record(.forgotten(Forgotten(by: "operator", hashes: hashes)), of: id, "forgotten")
    let written = try shelf.write([tombstone])
    #expect(written.erased.count == hashes.count)
    let audit = try shelf.audit()
    #expect(audit.findings == [])
    #expect(audit.forgotten == 1)
    // an erased content that no tombstone speaks of is a hole
    try shelf.run("UPDATE events SET erased = 1, value = x'7b7d' WHERE seq = (SELECT max(seq) - 30 FROM events)")
    #expect(try shelf.audit().findings.map(\.kind) == [.erased])
  }
}

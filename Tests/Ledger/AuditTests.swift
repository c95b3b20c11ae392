import Bus
import Deliberation
import Folding
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
    let (shelf, _) = try self.shelf()
    let (seq, id, place) = try victim(shelf)
    var value = try #require(
      try shelf.file.database.prepare("SELECT value FROM events WHERE seq = ?").rows([.int(seq)]) { $0.bytes(0) }.first)
    value[value.count / 2] ^= 1
    try shelf.file.database.prepare("UPDATE events SET value = ? WHERE seq = ?").run(.bytes(value), .int(seq))
    let audit = try shelf.audit()
    #expect(audit.findings.map(\.kind) == [.changed])
    #expect(audit.findings.first?.event == id && audit.findings.first?.place == place)
    // whoever changes the hash and the seal as well is caught by the digest of the end
    try shelf.file.database.prepare("UPDATE events SET hash = ? WHERE seq = ?").run(
      .bytes(SHA256.hash(value)), .int(seq))
    try shelf.seal(seq)
    let again = try shelf.audit()
    #expect(again.findings.map(\.kind) == [.digest])
    #expect(again.findings.first?.deliberation.map { id.hasPrefix($0) } == true)
  }

  /// Each column of a stored record, and what somebody could write there.
  static let fields: [(String, String)] = [
    ("seq", "900000"), ("log", "9"), ("topic", "'conclave.other.events'"), ("partition", "partition + 20"),
    ("offset", "offset + 1000000"), ("at", "at + 1"), ("subject", "(SELECT max(number) FROM subjects)"),
    ("id", "id || 'x'"),
    ("type", "'conclave.moon.risen.v1'"), ("standing", "1"), ("why", "'so'"), ("key", "x'00'"), ("headers", "x'00'"),
    ("value", "x'7b7d'"), ("hash", "zeroblob(32)"), ("erased", "1"), ("seal", "zeroblob(32)"),
  ]

  @Test("names the row of which any field was changed", arguments: AuditTests.fields)
  func column(_ column: String, _ value: String) throws {
    let (shelf, _) = try self.shelf()
    let (seq, id, _) = try victim(shelf)
    try shelf.run("UPDATE events SET \(column) = \(value) WHERE seq = \(seq)")
    let findings = try shelf.audit().findings
    let own = findings.filter { $0.event?.hasPrefix(id) == true && ($0.kind == .changed || $0.kind == .erased) }
    #expect(own.count == 1, "\(column): \(findings)")
  }

  @Test("knows every column") func columns() throws {
    let shelf = try Shelf()
    let names = try shelf.file.database.prepare("SELECT name FROM pragma_table_info('events')").rows { $0.text(0) }
    #expect(Set(names) == Set(Self.fields.map(\.0)))
  }

  @Test("is not misled by an end whose type was changed") func hiddenEnd() throws {
    let (shelf, _) = try self.shelf()
    try shelf.run(
      """
      UPDATE events SET type = 'conclave.moon.risen.v1' WHERE seq IN
        (SELECT max(seq) FROM events WHERE type = 'conclave.deliberation.completed.v1')
      """)
    let audit = try shelf.audit()
    #expect(audit.findings.map(\.kind) == [.changed])
    #expect(audit.findings.first?.event?.hasSuffix("/deliberation.completed/end") == true)
  }

  @Test("says of a row that calls itself a repeat and is none what it is") func standing() throws {
    let (shelf, _) = try self.shelf()
    let (seq, id, _) = try victim(shelf)
    try shelf.run("UPDATE events SET standing = 1 WHERE seq = \(seq)")
    try shelf.seal(seq)
    let findings = try shelf.audit().findings
    #expect(findings.map(\.kind) == [.changed] && findings.first?.event == id)
    #expect(findings.first?.what.contains("it is fact") == true, "\(findings)")
  }

  @Test("holds the digest of an end although an ask under that id was refused before it") func rejected() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 13)
    let told = teller.deliberation()
    let id = told[0].subject
    let origin = Origin(topic: "t", partition: 0, offset: 1, key: nil, id: "again", source: "/s")
    let refusal = Event.rejected(
      Rejected(
        code: 422, errorType: "invalid_request", message: "another body", path: nil, tenant: "default", form: .chat,
        bodyHash: "", reply: [], origin: origin, metadata: nil))
    let rejection = Teller.Told(
      subject: id, id: IDs.event(id, refusal.name.rawValue, origin.discriminator), type: refusal.type,
      time: told[0].time, value: refusal.json.bytes)
    let story = Teller.ended(Array(told.dropLast()).inserting(rejection, at: 3))
    try shelf.write(story.map { teller.record($0) })
    let audit = try shelf.audit()
    #expect(audit.findings == [] && audit.digests == 1)
    try shelf.run("UPDATE events SET hash = zeroblob(32), value = NULL WHERE seq = 5")
    #expect(try shelf.audit().findings.contains { $0.kind == .digest })
    // one that stands first is the end itself
    let other = try Shelf()
    try other.write([rejection, told[0]].map { teller.record($0) })
    let first = try other.audit()
    #expect(first.findings == [] && first.digests == 0)
  }

  @Test("names an event that was removed, at the end of its partition too") func removed() throws {
    let (shelf, _) = try self.shelf()
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
    let (shelf, _) = try self.shelf()
    let (seq, id, place) = try victim(shelf)
    try shelf.run("DROP INDEX events_place")
    try shelf.run(
      """
      INSERT INTO events SELECT (SELECT max(seq) + 1 FROM events), log, topic, partition, offset, at, subject, id, type,
        standing, why, key, headers, value, hash, erased, seal FROM events WHERE seq = \(seq)
      """)
    let audit = try shelf.audit()
    #expect(audit.findings.map(\.kind) == [.doubled])
    #expect(audit.findings.first?.event == id && audit.findings.first?.place == place)
  }

  @Test(
    "names a row that nobody read, wherever it was put",
    arguments: [
      "offset = -5", "log = 7", "topic = 'conclave.more.events'", "partition = 40",
      "subject = (SELECT max(number) FROM subjects)",
    ]) func planted(_ change: String) throws
  {
    let (shelf, _) = try self.shelf()
    let (seq, _, _) = try victim(shelf)
    try shelf.run("DROP INDEX events_place")
    let columns = try shelf.file.database.prepare("SELECT name FROM pragma_table_info('events')").rows { $0.text(0) }
    let copied = columns.dropFirst().joined(separator: ", ")
    try shelf.run(
      "INSERT INTO events SELECT (SELECT max(seq) + 1 FROM events), \(copied) FROM events WHERE seq = \(seq)")
    let row = try shelf.number("SELECT max(seq) FROM events")
    try shelf.run("UPDATE events SET \(change) WHERE seq = \(row)")
    // the seal is no secret
    try shelf.seal(row)
    let findings = try shelf.audit().findings
    #expect(findings.contains { $0.kind == .doubled }, "\(findings)")
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

  @Test("counts apart what began before the log was first read, and checks what stands of it") func cut() throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 14)
    let records = teller.records(1_000)
    let (gone, held) = (records.prefix(300), Array(records.dropFirst(300)))
    func subjects(_ records: some Sequence<Record>) -> Set<String> {
      Set(records.compactMap { try? Envelope($0.headers).subject })
    }
    let expected = subjects(gone).intersection(subjects(held))
    try shelf.write(held)
    let audit = try shelf.audit()
    #expect(audit.findings == [] && expected.count > 5)
    #expect(audit.cut.values.reduce(0, +) == expected.count)
    #expect(audit.digests + expected.count == audit.deliberations)
    for (beginning, _) in audit.cut {
      let start = held.first { "\($0.topic)/\($0.partition)" == beginning.place }?.offset
      #expect(beginning.offset == start)
    }
    #expect(audit.json["cut"]?.int == Int64(expected.count) && audit.json["passed"] == true)
    let one = try Audit.one(try #require(expected.first), try shelf.archive())
    #expect(one.found == 0 && one.cut.values.reduce(0, +) == 1)
    // what is missing or changed of it behind the beginning is a finding as ever
    let victim = try #require(
      try shelf.file.database.prepare(
        "SELECT e.seq, e.type FROM events e JOIN subjects s ON s.number = e.subject WHERE s.id = ? ORDER BY e.seq"
      ).rows([.text(expected.first ?? "")]) { $0.int(0) }.first)
    try shelf.run("UPDATE events SET value = x'7b7d' WHERE seq = \(victim)")
    #expect(try shelf.audit().findings.map(\.kind) == [.changed])
    try shelf.run("DELETE FROM events WHERE seq = \(victim)")
    #expect(try shelf.audit().findings.contains { $0.kind == .missing })
    // and with its request there nothing is cut
    let whole = try #require(subjects(held).subtracting(expected).sorted().first)
    try shelf.run(
      """
      DELETE FROM events WHERE seq = (SELECT max(e.seq) FROM events e JOIN subjects s ON s.number = e.subject
        WHERE s.id = '\(whole)' AND e.type = 'conclave.panel.assembled.v1')
      """)
    #expect(try shelf.audit().findings.contains { $0.kind == .digest && $0.deliberation == whole })
  }

  /// What is left of a whole deliberation, and whether it counts as one that began before the log does.
  static let remains: [(String, @Sendable ([AuditRecord]) -> [AuditRecord], Bool)] = [
    ("all of it", { $0 }, false),
    ("without its request", { Array($0.dropFirst()) }, true),
    ("its end", { $0.suffix(1) }, true),
    ("a repeat of its request behind the first answer", { $0[2...4] + [$0[0]] + $0.dropFirst(5) }, true),
    ("a hole in the middle", { Array($0.prefix(4) + $0.dropFirst(6)) }, false),
    ("only the request", { Array($0.prefix(1)) }, false),
  ]

  @Test("knows what began before the log by what stands first", arguments: AuditTests.remains.indices)
  func beginnings(_ index: Int) throws {
    let (name, remains, isCut) = Self.remains[index]
    var teller = Teller(seed: 15)
    let whole = teller.story().records.map { Self.record($0) }
    let left = remains(whole)
    let beginning = try #require(Audit.Beginning(place: "\(Teller.topic)/3", offset: 7))
    var audit = Audit()
    audit.check(left, from: beginning)
    #expect(audit.cut == (isCut ? [beginning: 1] : [:]), "\(name)")
    var full = Audit()
    full.check(left)
    let isShort = left.count < whole.count && left.count > 1 || isCut
    #expect(full.findings.map(\.kind) == (isShort ? [.digest] : []), "\(name)")
    // where nothing is cut, it is as where the log begins at its beginning
    #expect(audit.findings == (isCut ? [] : full.findings), "\(name)")
    #expect(Audit.Beginning(place: "\(Teller.topic)/3", offset: 0) == nil)
  }

  @Test("does not take a refusal for one that began before the log") func refused() throws {
    var teller = Teller(seed: 16)
    var audit = Audit()
    audit.check(
      Plot.rejected.tell(&teller).map { Self.record(teller.record($0)) },
      from: Audit.Beginning(place: "\(Teller.topic)/3", offset: 7))
    audit.check(
      Plot.refusedAgain.tell(&teller).map { Self.record(teller.record($0)) },
      from: Audit.Beginning(place: "\(Teller.topic)/3", offset: 7))
    #expect(audit.cut == [:] && audit.found == 0 && audit.digests == 1)
  }

  private static func record(_ record: Record) -> AuditRecord {
    let event = ReadEvent(record, partitions: Teller.partitions)
    return AuditRecord(
      place: "\(record.topic)/\(record.partition)/\(record.offset)", row: record.offset,
      subject: event.envelope?.subject ?? "", id: event.envelope?.id ?? "", type: event.envelope?.type ?? "",
      key: record.key, headers: HeaderBytes.encode(record.headers), value: record.value)
  }

  @Test("passes what was forgotten, whose hashes remain") func forgotten() throws {
    var (shelf, teller) = try self.shelf()
    let id = try shelf.archive().rows(after: 40, most: 1).first?.subject ?? ""
    let hashes = try shelf.archive().rows(of: id).map { Hex.text($0.hash) }
    let tombstone = teller.record(.forgotten(Forgotten(by: "operator", hashes: hashes)), of: id, "forgotten")
    let written = try shelf.write([tombstone])
    #expect(written.erased.count == hashes.count)
    let audit = try shelf.audit()
    #expect(audit.findings == [])
    #expect(audit.forgotten == 1)
    // what came in while the tombstone was on its way can stand behind the end alone
    try shelf.run(
      "UPDATE events SET erased = 2 WHERE erased = 1 AND seq = (SELECT min(seq) FROM events WHERE erased = 1)")
    #expect(try shelf.audit().findings.map(\.kind) == [.erased])
    try shelf.run("UPDATE events SET erased = 1 WHERE erased = 2")
    // an erased content that no tombstone speaks of is a hole
    try shelf.run("UPDATE events SET erased = 1, value = x'7b7d' WHERE seq = (SELECT max(seq) - 30 FROM events)")
    #expect(try shelf.audit().findings.map(\.kind) == [.erased])
  }

  @Test("passes what came in between the writing of a tombstone and its reading") func late() throws {
    var (shelf, teller) = try self.shelf()
    let id = try shelf.archive().rows(after: 40, most: 1).first?.subject ?? ""
    let hashes = try shelf.archive().rows(of: id).map { Hex.text($0.hash) }
    let settled = Event.settled(Settled(usage: Usage(promptTokens: 1, completionTokens: 2), cost: 0.25, calls: 5))
    let late = teller.record(settled, of: id, "settled")
    let tombstone = teller.record(.forgotten(Forgotten(by: "operator", hashes: hashes)), of: id, "forgotten")
    let written = try shelf.write([late, tombstone])
    #expect(written.erased.count == hashes.count + 1)
    #expect(try shelf.number("SELECT count(*) FROM events WHERE erased = 2") == 1)
    let audit = try shelf.audit()
    #expect(audit.findings == [] && audit.forgotten == 1)
  }
}

extension Array {
  func inserting(_ element: Element, at index: Int) -> [Element] {
    var all = self
    all.insert(element, at: index)
    return all
  }
}

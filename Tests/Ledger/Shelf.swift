import Bus
import Deliberation
import Foundation
import Store
import Testing

@testable import Ledger

/// A ledger's file in a folder of its own, and what a test does with it.
final class Shelf {
  let folder: String
  private(set) var file: LedgerFile
  private(set) var writer: Writer

  init(keepsAsks: Bool = true) throws {
    folder = FileManager.default.temporaryDirectory.path + "/ledger-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    file = try LedgerFile(data: folder, survives: false)
    writer = try Writer(
      file.database, log: try file.log(incarnation: "one"), events: Teller.topic, keepsAsks: keepsAsks)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @discardableResult
  func write(_ records: [Record]) throws -> Writer.Written {
    try writer.write(
      records.map { $0.topic == Teller.topic ? Entry(event: $0, partitions: Teller.partitions) : Entry(ask: $0) })
  }

  /// As after a start: nothing is remembered but what stands in the file.
  func reopen() {
    if let anew = try? Writer(file.database, log: 1, events: Teller.topic, keepsAsks: true) { writer = anew }
  }

  /// Another broker, whose offsets begin anew.
  func newLife(_ incarnation: String) throws {
    writer = try Writer(
      file.database, log: try file.log(incarnation: incarnation), events: Teller.topic, keepsAsks: true)
  }

  func archive() throws -> Archive { try Archive(file.path) }

  func audit() throws -> Audit { try Audit.all(try archive()) }

  /// Seals a row as it stands now, as somebody could who knows how that is done.
  func seal(_ seq: Int64) throws {
    let row = try #require(try archive().rows(after: seq - 1, most: 1).first)
    try file.database.prepare("UPDATE events SET seal = ? WHERE seq = ?").run(.bytes(row.sealed), .int(seq))
  }

  func number(_ sql: String) throws -> Int64 { try #require(try file.database.number(sql)) }

  func run(_ sql: String) throws { try file.database.run(sql) }
}

extension Teller {
  /// With an end of its own, as the aggregator computes it: over what of it can be read, first occurrences alone.
  static func ended(_ told: [Told]) -> [Told] {
    var hash = SHA256()
    var seen: Set<String> = []
    var count = 0
    for event in told where seen.insert(event.id).inserted {
      hash.update("\(event.id) \(SHA256.hex(event.value))\n")
      count += 1
    }
    let totals = Totals(
      usage: Usage(promptTokens: 1, completionTokens: 1), cost: 0.5, costFinal: true, calls: 5,
      durationMilliseconds: 100, digest: Hex.text(hash.finish()), digestEvents: count)
    let id = told[0].subject
    let end = Event.completed(
      Completed(status: "ok", answerCall: CallID(id, .answer), model: models[0], mode: .merge, totals: totals))
    return told + [
      Told(
        subject: id, id: IDs.event(id, end.name.rawValue, "end"), type: end.type, time: told[told.count - 1].time,
        value: end.json.bytes)
    ]
  }

  /// One whole deliberation, written down by everyone in order.
  mutating func story() -> (id: String, records: [Record]) {
    let told = deliberation()
    return (told.first?.subject ?? "", told.map { record($0) })
  }

  /// Another event on the partition of that deliberation.
  mutating func record(_ event: Event, of id: String, _ discriminator: String, at time: Moment? = nil) -> Record {
    record(
      Told(
        subject: id, id: IDs.event(id, event.name.rawValue, discriminator), type: event.type, time: time ?? begin,
        value: event.json.bytes))
  }

  /// The same again, at a later offset.
  mutating func again(_ record: Record, value: [UInt8]? = nil) -> Record {
    let envelope = try? Envelope(record.headers)
    return self.record(
      Told(
        subject: envelope?.subject ?? "", id: envelope?.id ?? "", type: envelope?.type ?? "",
        time: Moment(milliseconds: record.timestamp), value: value ?? record.value ?? []))
  }
}

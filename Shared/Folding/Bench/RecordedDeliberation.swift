package import Bus
internal import Deliberation

/// One deliberation as the services wrote it, stamped out as often as wanted: in every record only the number within its
/// id changes, which has a fixed length. So a log of any size costs no more than its bytes.
package struct RecordedDeliberation: Sendable {
  package enum Part: Sendable {
    /// The ask, the dispatch and the members' answers: what an aggregator has when it seals.
    case panel
    /// From the ask to the end.
    case whole
  }

  private struct Stamped: Sendable {
    let bytes: [UInt8]
    let places: [Int]

    init(_ bytes: [UInt8], _ id: [UInt8]) {
      self.bytes = bytes
      var places: [Int] = []
      var at = 0
      while at + id.count <= bytes.count {
        if bytes[at] == id[0], bytes[at..<at + id.count].elementsEqual(id) {
          places.append(at + id.count - RecordedDeliberation.digits)
          at += id.count
        } else {
          at += 1
        }
      }
      self.places = places
    }

    func with(_ digits: [UInt8]) -> [UInt8] {
      var bytes = bytes
      for place in places { bytes.replaceSubrange(place..<place + digits.count, with: digits) }
      return bytes
    }
  }

  private struct Template: Sendable {
    let key: Stamped?
    let value: Stamped?
    let headers: [(name: String, value: Stamped?)]
  }

  private static let digits = 12
  private let templates: [Template]
  /// Of keys, values and headers of all its records.
  package let bytes: Int

  /// `start`: when it was asked, in milliseconds since 1970. It has half an hour from then.
  package init(_ part: Part, members: Int, answerBytes: Int, start: Int64) throws {
    let history = try BenchHistory(
      deliberations: 1, answerBytes: answerBytes, members: members, start: start, deadline: 1_800_000)
    let id = Array(BenchHistory.id(0).utf8)
    let records = history.deliberations[0].filter { part == .whole || Self.isPanel($0) }
    guard !records.isEmpty else { throw BenchError(description: "the bench's own deliberation left no records") }
    templates = records.map { record in
      Template(
        key: record.key.map { Stamped($0, id) }, value: record.value.map { Stamped($0, id) },
        headers: record.headers.map { ($0.name, $0.value.map { Stamped($0, id) }) })
    }
    bytes = records.reduce(0) { sum, record in
      record.headers.reduce(sum + (record.key?.count ?? 0) + (record.value?.count ?? 0)) {
        $0 + $1.name.utf8.count + ($1.value?.count ?? 0)
      }
    }
  }

  /// How many records it has.
  package var count: Int { templates.count }

  /// Its records as those of the deliberation of that number, in their order.
  package func records(_ number: Int, topic: String) -> [Outgoing] {
    let text = String(number)
    let digits = Array((String(repeating: "0", count: Self.digits - text.count) + text).utf8)
    return templates.map { template in
      Outgoing(
        topic: topic, key: template.key?.with(digits), value: template.value?.with(digits),
        headers: template.headers.map { Header($0.name, $0.value?.with(digits)) })
    }
  }

  private static func isPanel(_ record: Record) -> Bool {
    guard let id = record.headers.first(where: { $0.name == "ce_id" })?.value else { return false }
    let words = String(decoding: id, as: UTF8.self).split(separator: "/")
    guard words.count > 1 else { return false }
    switch words[1] {
    case "deliberation.requested", "panel.dispatched": return true
    case "call.completed": return words.count > 2 && words[2] == "panel"
    default: return false
    }
  }
}

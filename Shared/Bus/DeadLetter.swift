internal import Hashing

/// A record that nobody could read, on its way to `dead-letters` with the reason and its origin. It always fits, whatever
/// the original was: first its value is cut, then hostile headers go, then a hostile key is cut.
package enum DeadLetter {
  static let longestReason = 1_000

  package static func record(
    for record: Record, reason: String, group: String, topics: Topics, limit: Int
  ) -> Outgoing {
    var origin = [
      Header("conclave-reason", cut(reason)), Header("conclave-topic", record.topic),
      Header("conclave-partition", "\(record.partition)"), Header("conclave-offset", "\(record.offset)"),
      Header("conclave-group", cut(group)),
    ]
    let whole = bytes(record.headers) + bytes(origin) + (record.key?.count ?? 0) + (record.value?.count ?? 0)
    if whole <= limit {
      return Outgoing(
        topic: topics.deadLetters, key: record.key, value: record.value, headers: record.headers + origin)
    }

    let value = record.value ?? []
    origin.append(Header("conclave-truncated", "\(value.count)"))
    origin.append(Header("conclave-sha256", SHA256.hex(value)))
    var room = limit - bytes(origin)
    var headers = record.headers
    var key = record.key
    if bytes(headers) + (key?.count ?? 0) > room {
      // the last header that still fits is known only from the front, and what identifies a record stands there
      let half = room / 2
      var kept: [Header] = []
      var used = 0
      for header in headers where used + bytes([header]) <= half {
        kept.append(header)
        used += bytes([header])
      }
      origin.append(Header("conclave-headers-dropped", "\(headers.count - kept.count)"))
      headers = kept
      room = limit - bytes(origin)
      if let whole = key, whole.count > room - used {
        origin.append(Header("conclave-key-truncated", "\(whole.count)"))
        key = Array(whole.prefix(max(0, limit - bytes(origin) - used)))
      }
    }
    room = limit - bytes(origin) - bytes(headers) - (key?.count ?? 0)
    return Outgoing(
      topic: topics.deadLetters, key: key, value: record.value.map { Array($0.prefix(max(0, room))) },
      headers: headers + origin)
  }

  /// A header's size in a batch: its bytes, and at most five for each of its two lengths.
  private static func bytes(_ headers: [Header]) -> Int {
    headers.reduce(0) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) + 10 }
  }

  private static func cut(_ text: String) -> String {
    text.utf8.count <= longestReason ? text : String(decoding: text.utf8.prefix(longestReason - 3), as: UTF8.self)
  }
}

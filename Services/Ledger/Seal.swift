internal import Deliberation

/// Holds the fields of a stored record together: one that was changed is another seal. The content stands in it by its
/// hash, so that a seal outlasts the erasing. Whoever changes a row can also seal it anew; what they cannot do is change
/// the topic (`conclave verify --log`) or the digest of the end.
enum Seal {
  /// Over what a record brings along, which is known before it is written.
  static func record(
    topic: String, partition: Int32, offset: Int64, at: Int64, subject: String, id: String, type: String,
    key: [UInt8]?, headers: [UInt8], hash: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(200 + topic.utf8.count + subject.utf8.count + id.utf8.count + type.utf8.count + headers.count)
    append(Int64(partition), &bytes)
    append(offset, &bytes)
    append(at, &bytes)
    for text in [topic, subject, id, type] { append(text, &bytes) }
    append(key.map { Int64($0.count) } ?? -1, &bytes)
    bytes += key ?? []
    append(Int64(headers.count), &bytes)
    bytes += headers
    bytes += hash
    return SHA256.hash(bytes)
  }

  /// Over what writing adds to it.
  static func row(_ seq: Int64, log: Int64, _ standing: Int64, why: String?, record: [UInt8]) -> [UInt8] {
    var bytes = record
    bytes.reserveCapacity(96 + (why?.utf8.count ?? 0))
    append(seq, &bytes)
    append(log, &bytes)
    append(standing, &bytes)
    append(why ?? "", &bytes)
    return SHA256.hash(bytes)
  }

  private static func append(_ text: String, _ bytes: inout [UInt8]) {
    append(Int64(text.utf8.count), &bytes)
    bytes.append(contentsOf: text.utf8)
  }

  private static func append(_ number: Int64, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

extension Archive.Row {
  /// The seal that its fields have as they stand.
  var sealed: [UInt8] {
    Seal.row(
      seq, log: log, standing.rawValue, why: why,
      record: Seal.record(
        topic: topic, partition: partition, offset: offset, at: at, subject: subject, id: id, type: type, key: key,
        headers: headers, hash: hash))
  }
}

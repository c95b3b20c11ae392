/// How ids are made. Only the gateway's is random; all others follow from what they name.
package enum IDs {
  /// A new deliberation: UUIDv7, so that ids sort by time. `random` are at least ten random bytes.
  package static func deliberation(time: Moment, random: [UInt8]) -> String {
    precondition(random.count >= 10, "an id needs ten random bytes")
    let milliseconds = UInt64(bitPattern: time.milliseconds)
    var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64($0))) }
    bytes.append(contentsOf: random[..<10])
    return uuid(bytes, version: 7)
  }

  /// The deliberation that a tenant's `Idempotency-Key` names.
  package static func deliberation(tenant: String, key: String) -> String {
    uuid(SHA256.hash("\(tenant)\n\(key)"), version: 8)
  }

  /// The deliberation of a pipeline's ask that names none itself.
  package static func deliberation(source: String, id: String) -> String {
    uuid(SHA256.hash("\(source)\n\(id)"), version: 8)
  }

  /// An id that a pipeline chose: it becomes part of others, and of addresses.
  package static func isUsable(_ id: String) -> Bool {
    !id.isEmpty && id.utf8.count <= 64 && id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
  }

  /// What tells asks (and requests to cancel) of one deliberation apart.
  package static func discriminator(source: String, id: String) -> String {
    Hex.text(SHA256.hash("\(source)\n\(id)")[..<8])
  }

  /// Stands for the `ce_id` of a record that has none.
  package static func position(topic: String, partition: Int, offset: Int64) -> String {
    "\(topic)/\(partition)/\(offset)"
  }

  /// `ce_id` of an event.
  package static func event(_ deliberation: String, _ name: String, _ discriminator: some CustomStringConvertible)
    -> String
  {
    path(deliberation, name, discriminator.description)
  }

  /// `ce_id` of the command of a call.
  package static func command(_ call: CallID) -> String { path(call.deliberation, "call", call.local) }

  /// In one piece: every record has such an id.
  private static func path(_ first: String, _ second: String, _ third: String) -> String {
    var (first, second, third) = (first, second, third)
    return first.withUTF8 { first in
      second.withUTF8 { second in
        third.withUTF8 { third in
          String(unsafeUninitializedCapacity: first.count + second.count + third.count + 2) { buffer in
            var end = buffer.update(fromContentsOf: first)
            buffer[end] = UInt8(ascii: "/")
            end = buffer[(end + 1)...].update(fromContentsOf: second)
            buffer[end] = UInt8(ascii: "/")
            return buffer[(end + 1)...].update(fromContentsOf: third)
          }
        }
      }
    }
  }

  private static func uuid(_ source: [UInt8], version: UInt8) -> String {
    var bytes = Array(source[..<16])
    bytes[6] = bytes[6] & 0x0F | version << 4
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = "gen-"
    for (index, byte) in bytes.enumerated() {
      if index == 4 || index == 6 || index == 8 || index == 10 { text += "-" }
      text += Hex.text([byte])
    }
    return text
  }
}

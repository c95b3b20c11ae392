/// Headers as they are kept: each name and value with its length before it, so that a record can be written again just as
/// it was.
package enum HeaderBytes {
  package static func encode(_ headers: [Header]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(headers.reduce(0) { $0 + 8 + $1.name.utf8.count + ($1.value?.count ?? 0) })
    for header in headers {
      append(UInt32(truncatingIfNeeded: header.name.utf8.count), to: &bytes)
      bytes.append(contentsOf: header.name.utf8)
      // no value is not the same as an empty one
      append(header.value.map { UInt32(truncatingIfNeeded: $0.count) } ?? .max, to: &bytes)
      bytes.append(contentsOf: header.value ?? [])
    }
    return bytes
  }

  /// What cannot be read ends the list: a damaged file must not end the process.
  package static func decode(_ bytes: [UInt8]) -> [Header] {
    var headers: [Header] = []
    var rest = bytes[...]
    while let length = number(&rest), rest.count >= Int(length) {
      let name = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
      rest = rest.dropFirst(Int(length))
      guard let size = number(&rest) else { break }
      guard size != .max else {
        headers.append(Header(name: name, value: nil))
        continue
      }
      guard rest.count >= Int(size) else { break }
      headers.append(Header(name: name, value: Array(rest.prefix(Int(size)))))
      rest = rest.dropFirst(Int(size))
    }
    return headers
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in [UInt32(0), 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
    guard rest.count >= 4 else { return nil }
    var number: UInt32 = 0
    for (index, byte) in rest.prefix(4).enumerated() { number |= UInt32(byte) << (8 * UInt32(index)) }
    rest = rest.dropFirst(4)
    return number
  }
}

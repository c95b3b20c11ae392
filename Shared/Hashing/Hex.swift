/// Bytes as lower-case hexadecimal text.
package enum Hex {
  package static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  // one for each kind of bytes: what is generic is slow to whoever calls it from another module
  package static func text(_ bytes: [UInt8]) -> String { digits(bytes) }
  package static func text(_ bytes: ArraySlice<UInt8>) -> String { digits(bytes) }

  private static func digits(_ bytes: some Collection<UInt8>) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
      var place = 0
      for byte in bytes {
        buffer[place] = digit(byte >> 4)
        buffer[place + 1] = digit(byte & 15)
        place += 2
      }
      return place
    }
  }
}

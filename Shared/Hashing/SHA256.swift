internal import CSHA256

/// SHA-256 (FIPS 180-4): names of calls, digests of ends, keys of caches. The blocks are taken by C, which has the
/// processor's own instructions for it where there are such: every value on the log is hashed, and this was most of what
/// deciding cost.
package struct SHA256: Sendable {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19
  )
  /// The beginning of a block of which the rest is still to come.
  private var pending: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
  private var length: UInt64 = 0

  package init() {}

  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  package static func hash(_ text: String) -> [UInt8] {
    var hash = SHA256()
    hash.update(text)
    return hash.finish()
  }

  package static func hex(_ bytes: [UInt8]) -> String { Hex.text(hash(bytes)) }

  package static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    var hash = SHA256()
    bytes.withUnsafeBufferPointer { hash.take($0) }
    return Hex.text(hash.finish())
  }

  package static func hex(_ text: String) -> String { Hex.text(hash(text)) }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { take($0) } }

  package mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { take($0) }
  }

  /// The hash of all that came; further updates have no meaning.
  package mutating func finish() -> [UInt8] {
    let bits = length &* 8
    let filled = Int(length % 64)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 72) { padding in
      padding.initialize(repeating: 0)
      padding[0] = 0x80
      let zeros = (filled < 56 ? 56 : 120) - filled
      for index in 0..<8 { padding[zeros + index] = UInt8(truncatingIfNeeded: bits &>> UInt64(56 - 8 * index)) }
      take(UnsafeBufferPointer(rebasing: padding[..<(zeros + 8)]))
    }
    return withUnsafeBytes(of: state) { words in
      [UInt8](unsafeUninitializedCapacity: 32) { bytes, count in
        for index in 0..<32 { bytes[index] = words[index ^ Self.flip] }
        count = 32
      }
    }
  }

  /// Where a word's bytes stand in memory: from the lowest on the machines that this runs on.
  private static let flip = UInt32(1).littleEndian == 1 ? 3 : 0

  private mutating func take(_ input: UnsafeBufferPointer<UInt8>) {
    guard let base = input.baseAddress, !input.isEmpty else { return }
    let filled = Int(length % 64)
    length &+= UInt64(input.count)
    withUnsafeMutableBytes(of: &pending) { pending in
      withUnsafeMutableBytes(of: &state) { state in
        guard let words = state.baseAddress?.assumingMemoryBound(to: UInt32.self),
          let block = pending.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return }
        var start = 0
        if filled > 0 {
          start = min(64 - filled, input.count)
          (block + filled).update(from: base, count: start)
          guard filled + start == 64 else { return }
          csha256_compress(words, block, 1)
        }
        let blocks = (input.count - start) / 64
        if blocks > 0 { csha256_compress(words, base + start, blocks) }
        let rest = start + blocks * 64
        block.update(from: base + rest, count: input.count - rest)
      }
    }
  }
}

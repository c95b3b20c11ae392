/// SHA-256 (FIPS 180-4): names of calls, digests of ends, keys of caches.
package struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  package init() {}

  package static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  package static func hash(_ text: String) -> [UInt8] { hash(Array(text.utf8)) }

  package static func hex(_ bytes: [UInt8]) -> String { Hex.text(hash(bytes)) }

  package static func hex(_ text: String) -> String { hex(Array(text.utf8)) }

  package mutating func update(_ bytes: [UInt8]) {
    length &+= UInt64(bytes.count)
    bytes.withUnsafeBufferPointer { input in
      var start = 0
      if !pending.isEmpty {
        start = min(64 - pending.count, input.count)
        pending.append(contentsOf: input[..<start])
        guard pending.count == 64 else { return }
        pending.withUnsafeBufferPointer { block in Self.compress(&state, block, 0, 1) }
        pending.removeAll(keepingCapacity: true)
      }
      let blocks = (input.count - start) / 64
      Self.compress(&state, input, start, blocks)
      pending.append(contentsOf: input[(start + blocks * 64)...])
    }
  }

  package mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The hash of all that came; further updates have no meaning.
  package mutating func finish() -> [UInt8] {
    let bits = length &* 8
    var padding: [UInt8] = [0x80]
    while (pending.count + padding.count) % 64 != 56 { padding.append(0) }
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      padding.append(UInt8(truncatingIfNeeded: bits >> shift))
    }
    update(padding)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for word in state {
      for shift in stride(from: UInt32(24), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes
  }

  private static func compress(
    _ state: inout [UInt32], _ input: UnsafeBufferPointer<UInt8>, _ start: Int, _ blocks: Int
  ) {
    guard blocks > 0 else { return }
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
      constants.withUnsafeBufferPointer { constants in
        state.withUnsafeMutableBufferPointer { state in
          for block in 0..<blocks { round(state, words, constants, input, start + block * 64) }
        }
      }
    }
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 { word &>> by | word &<< (32 &- by) }

  private static func round(
    _ state: UnsafeMutableBufferPointer<UInt32>, _ words: UnsafeMutableBufferPointer<UInt32>,
    _ constants: UnsafeBufferPointer<UInt32>, _ input: UnsafeBufferPointer<UInt8>, _ start: Int
  ) {
    guard let bytes = UnsafeRawPointer(input.baseAddress) else { return }
    for index in 0..<16 {
      words[index] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start &+ index &* 4, as: UInt32.self))
    }
    for index in 16..<64 {
      let early = words[index &- 15]
      let late = words[index &- 2]
      let first = rotate(early, 7) ^ rotate(early, 18) ^ early &>> 3
      let second = rotate(late, 17) ^ rotate(late, 19) ^ late &>> 10
      words[index] = words[index &- 16] &+ first &+ words[index &- 7] &+ second
    }
    var a = state[0]
    var b = state[1]
    var c = state[2]
    var d = state[3]
    var e = state[4]
    var f = state[5]
    var g = state[6]
    var h = state[7]
    // eight steps at a time: after them each name holds its own again, so nothing is moved about
    var index = 0
    while index < 64 {
      step(a, b, c, &d, e, f, g, &h, constants[index] &+ words[index])
      step(h, a, b, &c, d, e, f, &g, constants[index &+ 1] &+ words[index &+ 1])
      step(g, h, a, &b, c, d, e, &f, constants[index &+ 2] &+ words[index &+ 2])
      step(f, g, h, &a, b, c, d, &e, constants[index &+ 3] &+ words[index &+ 3])
      step(e, f, g, &h, a, b, c, &d, constants[index &+ 4] &+ words[index &+ 4])
      step(d, e, f, &g, h, a, b, &c, constants[index &+ 5] &+ words[index &+ 5])
      step(c, d, e, &f, g, h, a, &b, constants[index &+ 6] &+ words[index &+ 6])
      step(b, c, d, &e, f, g, h, &a, constants[index &+ 7] &+ words[index &+ 7])
      index &+= 8
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  @inline(__always)
  private static func step(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ word: UInt32
  ) {
    let sumE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let first = h &+ sumE &+ (g ^ e & (f ^ g)) &+ word
    let sumA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    d = d &+ first
    h = first &+ sumA &+ (a & b | c & (a | b))
  }

  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}

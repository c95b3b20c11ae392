/// Makes inputs from good ones: bytes changed, cut, doubled, put elsewhere, and words of the formats in wrong places. The
/// same seed makes the same inputs.
package struct Mutator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

  /// More than this makes an input slow and no more telling.
  static let longest = 4_000

  package mutating func mutate(_ good: [[UInt8]], _ words: [[UInt8]]) -> [UInt8] {
    var bytes = good[below(good.count)]
    // now and then a good one as it is: what must be read well stays tested
    for _ in 0..<below(7) { change(&bytes, good, words) }
    return Array(bytes.prefix(Self.longest))
  }

  private mutating func change(_ bytes: inout [UInt8], _ good: [[UInt8]], _ words: [[UInt8]]) {
    let place = below(bytes.count + 1)
    let end = min(bytes.count, place + below(24))
    switch below(9) {
    case 0: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: next()) }
    case 1: if place < bytes.count { bytes[place] ^= 1 << UInt8(below(8)) }
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4: bytes.insert(contentsOf: words[below(words.count)], at: place)
    case 5: bytes = Array(bytes[..<place])
    case 6:
      let other = good[below(good.count)]
      bytes.replaceSubrange(place..., with: other[below(other.count + 1)...])
    case 7:
      let word = words[below(words.count)]
      for _ in 0..<below(40) { bytes.insert(contentsOf: word, at: place) }
    default: bytes.replaceSubrange(place..<end, with: words[below(words.count)])
    }
  }

  /// The input in pieces, as a connection might bring it.
  package mutating func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
    let most = [1, 3, 17, 200, 5_000][below(5)]
    var pieces: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + 1 + below(most))
      pieces.append(Array(bytes[start..<end]))
      start = end
    }
    return pieces
  }
}

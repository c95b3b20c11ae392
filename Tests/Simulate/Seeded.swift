/// A generator that gives the same numbers for the same seed, everywhere.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  /// Mixed, because a seed that is only added to would give the numbers of its neighbour, one later.
  init(_ seed: UInt64) { state = Self.mixed(seed &+ 0xD1B5_4A32_D192_ED03) }

  mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  private static func mixed(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

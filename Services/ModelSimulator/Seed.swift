/// A number that follows from texts alone: what a simulated model says depends on nothing else, so it says it again.
struct Seed: Equatable, Sendable {
  let value: UInt64

  init(_ value: UInt64) { self.value = value }

  init(_ text: some StringProtocol) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    value = Seed.scrambled(hash)
  }

  func mixed(_ other: Seed) -> Seed { Seed(Seed.scrambled(value &+ other.value &* 0x9e37_79b9_7f4a_7c15)) }
  func mixed(_ text: some StringProtocol) -> Seed { mixed(Seed(text)) }
  func mixed(_ number: Int) -> Seed { mixed(Seed(UInt64(bitPattern: Int64(number)) &+ 1)) }

  /// A number from 0 up to, not including, `count`; 0 where there is nothing to choose from.
  func below(_ count: Int) -> Int { count > 0 ? Int(value % UInt64(count)) : 0 }

  /// True in `percent` of a hundred seeds.
  func happens(percent: Int) -> Bool { below(100) < percent }

  func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

  func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  /// Sixteen hex digits.
  var hex: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The finisher of SplitMix64: neighbouring inputs give unrelated numbers.
  private static func scrambled(_ input: UInt64) -> UInt64 {
    var value = input &+ 0x9e37_79b9_7f4a_7c15
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}

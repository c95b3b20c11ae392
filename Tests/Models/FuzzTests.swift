import Fuzz
import Testing

/// A little of what `fuzz` does at length.
@Suite struct FuzzTests {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `whatever a provider sends, the readers neither crash nor hang, and read the same wherever it is cut`(
    _ seed: UInt64
  ) {
    var fuzzer = Fuzzer(seed: 1_000 + seed)
    for number in 0..<1_500 {
      if let complaint = fuzzer.step() {
        Issue.record("input \(number): \(complaint)")
        return
      }
    }
    #expect(fuzzer.hasRead)
  }
}

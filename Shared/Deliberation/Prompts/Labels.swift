/// The neutral names under which the judge sees the answers, in an order that follows from the deliberation's id: so
/// neither a model's name nor its place in the panel wins.
package struct Labels: Sendable, Equatable {
  /// The calls in the order in which they are shown.
  package let calls: [CallID]

  package init(deliberation: String, round: Int, calls: [CallID]) {
    // by the hash of something that no member can know or choose
    var seed = SHA256()
    seed.update("\(deliberation)\n\(round)\n")
    self.calls = calls.map { call in
      var hash = seed
      hash.update(call.text)
      return (hash.finish(), call)
    }
    .sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
  }

  package static func letter(_ index: Int) -> String { String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index % 26))) }

  /// Takes what judges make of a label: `A`, `Response A`, `[a]`.
  package func call(_ label: String) -> CallID? {
    var label = label
    // most judges name a letter alone
    let letter = label.withUTF8 { $0.count == 1 ? Int($0[0]) - Int(UInt8(ascii: "A")) : -1 }
    if calls.indices.contains(letter) { return calls[letter] }
    let words = label.uppercased().split { !$0.isLetter && !$0.isNumber }
    guard let word = words.last, words.count <= 2, word.utf8.count == 1, let byte = word.utf8.first,
      words.count == 1 || words[0] == "RESPONSE"
    else { return nil }
    let index = Int(byte) - Int(UInt8(ascii: "A"))
    return calls.indices.contains(index) ? calls[index] : nil
  }
}

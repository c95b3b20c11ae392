/// Subjects of which an opening was read although something of them was known before it: a copy of an ask, as a rule.
/// Whoever takes over between the two sees the second alone, and must not take it for the first.
struct Reopenings {
  /// More than fit beside an offset are no use.
  static let maximum = 256
  private var spans: [String: (first: Int64, last: Int64)] = [:]
  /// Up to there some were not kept.
  private var forgottenTo: Int64 = -1

  /// The subject's first record, and its last opening.
  mutating func add(_ name: String, first: Int64, last: Int64) {
    guard first < last else { return }
    let known = spans[name]
    if known == nil, spans.count >= Self.maximum {
      forgottenTo = max(forgottenTo, last, spans.values.reduce(-1) { max($0, $1.last) })
      spans = [:]
      return
    }
    spans[name] = (min(first, known?.first ?? first), max(last, known?.last ?? last))
  }

  /// The marks of those that begin before `offset` and are opened again at or behind it, which is where folding begins
  /// from now on; nil: too many to tell.
  mutating func across(_ offset: Int64) -> Set<UInt32>? {
    if forgottenTo >= offset { return nil }
    if spans.isEmpty { return [] }
    spans = spans.filter { $0.value.last >= offset }
    return Set(spans.filter { $0.value.first < offset }.map { Progress.mark($0.key) })
  }
}

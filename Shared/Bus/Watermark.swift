/// The plain low watermark: what may be committed while records finish in any order.
package struct Watermark: Sendable, Equatable {
  private var unfinished: [Int64] = []
  private var next: Int64?

  package init() {}

  /// Records come in the order of their offsets.
  package mutating func begin(_ offset: Int64) {
    if let next { precondition(offset >= next, "offset \(offset) came after \(next - 1)") }
    unfinished.append(offset)
    next = offset + 1
  }

  package mutating func finish(_ offset: Int64) {
    let index = unfinished.lowerBound(of: offset)
    if index < unfinished.count, unfinished[index] == offset { unfinished.remove(at: index) }
  }

  /// The offset to commit: the first that is not finished, or the one after the last; nil before anything has begun.
  package var committable: Int64? { unfinished.first ?? next }
  package var unfinishedCount: Int { unfinished.count }
}

extension [Int64] {
  /// The index of the first element that is not less than `value`, in a sorted array.
  func lowerBound(of value: Int64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

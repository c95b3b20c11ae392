/// The door to one provider: so many requests at once, the rest wait in a row.
struct Gate: Sendable {
  private let limit: Int
  private(set) var inUse = 0
  private var row = Queue<Int>()

  init(limit: Int) { self.limit = limit }

  /// False: there is no room; the call stands in the row.
  mutating func enter(_ serial: Int) -> Bool {
    guard inUse < limit else {
      row.append(serial)
      return false
    }
    inUse += 1
    return true
  }

  mutating func leave() { inUse -= 1 }

  /// The next in the row, while there is room.
  mutating func next() -> Int? { inUse < limit ? row.popFirst() : nil }
}

/// A binary heap of things and the times at which they are due; of two with one time the one put in first comes first.
struct AlarmHeap<Element> {
  private struct Entry {
    let due: Int64
    let number: UInt64
    let element: Element

    func isBefore(_ other: Entry) -> Bool { due != other.due ? due < other.due : number < other.number }
  }

  private var entries: [Entry] = []
  private var number: UInt64 = 0

  var count: Int { entries.count }
  var earliest: Int64? { entries.first?.due }

  mutating func insert(_ element: Element, due: Int64) {
    entries.append(Entry(due: due, number: number, element: element))
    number += 1
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].isBefore(entries[parent]) else { return }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out what is due at `now`, in order.
  mutating func removeDue(_ now: Int64) -> [Element] {
    var due: [Element] = []
    while let first = entries.first, first.due <= now {
      due.append(first.element)
      removeFirst()
    }
    return due
  }

  mutating func removeAll() -> [Element] {
    defer { entries = [] }
    return entries.map(\.element)
  }

  private mutating func removeFirst() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[child].isBefore(entries[least]) { least = child }
      }
      guard least != parent else { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}

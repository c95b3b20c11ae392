/// Values by key, in the order of their keys: for the few calls and rounds of one deliberation, which are looked up at every
/// step and walked in one order.
package struct KeyedList<Key: Comparable & Sendable, Value: Sendable>: Sendable {
  private var elements: [(key: Key, value: Value)] = []

  package init() {}

  package var count: Int { elements.count }
  package var isEmpty: Bool { elements.isEmpty }
  package var keys: [Key] { elements.map { $0.key } }

  package subscript(key: Key) -> Value? {
    get {
      let place = place(of: key)
      return place < elements.count && elements[place].key == key ? elements[place].value : nil
    }
    set {
      let place = place(of: key)
      let isThere = place < elements.count && elements[place].key == key
      switch (isThere, newValue) {
      case (true, let value?): elements[place].value = value
      case (true, nil): elements.remove(at: place)
      case (false, let value?): elements.insert((key, value), at: place)
      case (false, nil): break
      }
    }
  }

  /// The first that is not before that key. Keys nearly always come in their order.
  private func place(of key: Key) -> Int {
    guard let last = elements.last, !(last.key < key) else { return elements.count }
    var (low, high) = (0, elements.count)
    while low < high {
      let middle = (low + high) / 2
      if elements[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension KeyedList: Sequence {
  package func makeIterator() -> IndexingIterator<[(key: Key, value: Value)]> { elements.makeIterator() }
}

extension KeyedList: Equatable where Value: Equatable {
  package static func == (left: KeyedList, right: KeyedList) -> Bool {
    left.elements.elementsEqual(right.elements) { $0.key == $1.key && $0.value == $1.value }
  }
}

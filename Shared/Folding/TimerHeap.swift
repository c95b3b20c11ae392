/// Subjects by the time at which they want to be asked again; a binary heap whose stale entries are dropped when met.
struct TimerHeap {
  private var heap: [(at: Int64, subject: String)] = []

  var next: Int64? { heap.first?.at }
  var count: Int { heap.count }

  mutating func add(_ subject: String, at: Int64) {
    heap.append((at, subject))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent].at <= heap[child].at { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  /// Takes the earliest one that is due.
  mutating func due(_ now: Int64) -> (at: Int64, subject: String)? {
    guard let first = heap.first, first.at <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        let left = parent * 2 + 1
        guard left < heap.count else { break }
        let right = left + 1
        let child = right < heap.count && heap[right].at < heap[left].at ? right : left
        if heap[parent].at <= heap[child].at { break }
        heap.swapAt(parent, child)
        parent = child
      }
    }
    return first
  }
}

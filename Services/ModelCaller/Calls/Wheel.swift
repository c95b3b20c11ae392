internal import Deliberation

/// When which call wants attention. Thousands of calls have a time each and most end long before it, so a time must go
/// as cheaply as it came: calls are kept in buckets of a few milliseconds.
struct Wheel: Sendable {
  private static let width: Int64 = 8

  private var buckets: [Int64: Set<Int>] = [:]
  private var places: [Int: Int64] = [:]
  /// A heap of the buckets' numbers; those that became empty are skipped when they surface.
  private var heap: [Int64] = []

  var count: Int { places.count }

  mutating func set(_ call: Int, at moment: Moment) {
    // rounded up: a time is never reported before it has come
    let bucket = (max(0, moment.milliseconds) + Self.width - 1) / Self.width
    if places[call] == bucket { return }
    remove(call)
    places[call] = bucket
    if buckets[bucket]?.insert(call) == nil {
      buckets[bucket] = [call]
      push(bucket)
    }
  }

  mutating func remove(_ call: Int) {
    guard let bucket = places.removeValue(forKey: call) else { return }
    buckets[bucket]?.remove(call)
    // the empty set stays until its number surfaces, so that the number stands in the heap once
    if buckets[bucket]?.isEmpty == true, heap.first == bucket { dropEmpty() }
  }

  var next: Moment? { heap.first.map { Moment(milliseconds: $0 * Self.width) } }

  /// The calls whose time has come, in no order that matters but always the same.
  mutating func due(_ now: Moment) -> [Int] {
    var result: [Int] = []
    while let bucket = heap.first, bucket * Self.width <= now.milliseconds {
      pop()
      let calls = buckets.removeValue(forKey: bucket)?.sorted() ?? []
      for call in calls { places[call] = nil }
      result += calls
    }
    dropEmpty()
    return result
  }

  private mutating func dropEmpty() {
    while let bucket = heap.first, buckets[bucket]?.isEmpty ?? true {
      pop()
      buckets[bucket] = nil
    }
  }

  private mutating func push(_ bucket: Int64) {
    heap.append(bucket)
    var child = heap.count - 1
    while child > 0, heap[(child - 1) / 2] > heap[child] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

/// What of a partition is done while its records finish out of order: the lowest unfinished offset (the base), what is
/// finished above it, and which unfinished ones run in another process (marks). Base and map are one value, written as
/// one text with the commit; the map is a hint that saves repeated work, never the truth.
package struct OffsetMap: Sendable, Equatable {
  /// Begun here and not finished, ascending.
  private(set) var unfinished: [Int64] = []
  /// The offset after the last that was read.
  private(set) var next: Int64?
  /// Finished, from `next` on: what an earlier owner knew and this one has not read yet.
  private(set) var ahead: [Range<Int64>] = []
  /// Ascending; each is unfinished or not read yet.
  package private(set) var marks: [Int64] = []
  /// The text that this map was made of was not ours, or of another base: nothing of it was taken.
  package private(set) var wasUnreadable = false

  /// A map with nothing finished from `base` on; without a base it begins with the first record.
  package init(base: Int64? = nil) { next = base }

  init(base: Int64, ahead: [Range<Int64>], marks: [Int64], wasUnreadable: Bool = false) {
    next = base
    self.ahead = ahead
    self.marks = marks
    self.wasUnreadable = wasUnreadable
  }

  /// The map that an assignment's commit carries. Text that cannot be read gives an empty map and is flagged.
  package init(_ assignment: Assignment) {
    guard let committed = assignment.committed else {
      self.init()
      return
    }
    self = Self.decode(assignment.metadata ?? "", base: committed)
  }

  /// Everything before it is finished; nil before anything is known.
  package var base: Int64? { unfinished.first ?? next }
  package var unfinishedCount: Int { unfinished.count }

  /// A record was read. False: there is nothing to do for it, as it is finished, or was read before.
  package mutating func begin(_ offset: Int64) -> Bool {
    if let next, offset < next { return false }
    next = offset + 1
    while let first = ahead.first, first.upperBound <= offset { ahead.removeFirst() }
    if let first = ahead.first, first.contains(offset) { return false }
    unfinished.append(offset)
    return true
  }

  package mutating func finish(_ offset: Int64) {
    let index = unfinished.lowerBound(of: offset)
    guard index < unfinished.count, unfinished[index] == offset else { return }
    unfinished.remove(at: index)
    unmark(offset)
  }

  package func isFinished(_ offset: Int64) -> Bool {
    guard let base, let next, offset >= base else { return base != nil }
    if offset >= next { return ahead.contains { $0.contains(offset) } }
    let index = unfinished.lowerBound(of: offset)
    return index == unfinished.count || unfinished[index] != offset
  }

  /// Somebody else is at work on this offset; only what is unfinished can be marked.
  package mutating func mark(_ offset: Int64) {
    guard !isFinished(offset) else { return }
    let index = marks.lowerBound(of: offset)
    if index == marks.count || marks[index] != offset { marks.insert(offset, at: index) }
  }

  /// Everything that was begun here goes on here, whoever owns the partition next.
  package mutating func markAll() {
    for offset in unfinished { mark(offset) }
  }

  package mutating func unmark(_ offset: Int64) {
    let index = marks.lowerBound(of: offset)
    if index < marks.count, marks[index] == offset { marks.remove(at: index) }
  }

  package func isMarked(_ offset: Int64) -> Bool {
    let index = marks.lowerBound(of: offset)
    return index < marks.count && marks[index] == offset
  }

  /// What is to be committed: the base and the text that belongs to it, from one moment. nil before anything is known.
  package func encode() -> (offset: Int64, metadata: String)? {
    guard let base else { return nil }
    return (base, OffsetMapText.encode(base: base, runs()))
  }

  /// Whether the text has filled three quarters of its room: take no more records of this partition until some finish.
  package var isNearlyFull: Bool {
    guard let base else { return false }
    let limit = Tuning.commitMetadata * 3 / 4
    // a bit set is never longer than this, so the exact length matters only above it
    let end = max(next ?? base, ahead.last?.upperBound ?? base, (marks.last ?? base) + 1)
    if (end - base) / 3 + 64 < limit { return false }
    return OffsetMapText.length(base: base, runs()) >= limit
  }

  /// Reads what `encode` wrote for the same base.
  package static func decode(_ text: String, base: Int64) -> OffsetMap {
    if text.isEmpty { return OffsetMap(base: base) }
    guard let runs = OffsetMapText.decode(text, base: base) else {
      return OffsetMap(base: base, ahead: [], marks: [], wasUnreadable: true)
    }
    var ahead: [Range<Int64>] = []
    var marks: [Int64] = []
    var offset = base
    for run in runs {
      switch run.state {
      case .open: break
      case .finished: ahead.append(offset..<offset + run.length)
      case .marked: marks.append(contentsOf: offset..<offset + run.length)
      }
      offset += run.length
    }
    return OffsetMap(base: base, ahead: ahead, marks: marks)
  }

  /// From the base to the last offset of which there is anything to say, as runs of equal states.
  private func runs() -> [OffsetRun] {
    guard let base, let next else { return [] }
    var runs: [OffsetRun] = []
    func add(_ state: OffsetRun.State, _ length: Int64) {
      guard length > 0 else { return }
      if runs.last?.state == state { runs[runs.count - 1].length += length } else { runs.append(.init(state, length)) }
    }
    var offset = base
    for open in unfinished {
      add(.finished, open - offset)
      add(isMarked(open) ? .marked : .open, 1)
      offset = open + 1
    }
    add(.finished, next - offset)
    // beyond what was read: what is known of the finished, and marks between them
    offset = next
    var unread = marks[marks.lowerBound(of: next)...]
    func fill(to end: Int64) {
      while let mark = unread.first, mark < end {
        add(.open, mark - offset)
        add(.marked, 1)
        offset = mark + 1
        unread.removeFirst()
      }
      add(.open, end - offset)
      offset = max(offset, end)
    }
    for range in ahead where range.upperBound > next {
      fill(to: max(range.lowerBound, next))
      add(.finished, range.upperBound - offset)
      offset = range.upperBound
    }
    if let last = unread.last { fill(to: last + 1) }
    while runs.last?.state == .open { runs.removeLast() }
    return runs
  }
}

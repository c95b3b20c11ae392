/// Keeps what is open here under a bound, and shares the room between keys. It counts deliberations, the bytes of
/// their questions, and on the embedded broker the copies that a question makes there, because that broker forgets the
/// oldest records of a partition without a word.
struct Admission: Sendable {
  struct Bounds: Equatable, Sendable {
    var open: Int
    var bytes: Int
    /// What open deliberations may take of one partition of `events`, and of all partitions of a lane together; nil: the
    /// brokers keep what they are given.
    var partition: Int?
    var lane: Int?
  }

  /// What one deliberation takes.
  struct Load: Equatable, Sendable {
    let bytes: Int
    let partition: Int32
    let events: Int
    let commands: Int

    /// A question of that size to so many members: it stands in the ask and in `requested`, and in the command of each
    /// call, beside answers whose size nobody knows yet. What stands for those is measured: four events of a plain call,
    /// an answer of each member, the judge's analysis, which is written twice.
    init(question: Int, members: Int, partition: Int32) {
      bytes = question
      self.partition = partition
      events = question + 4_500 + (members == 0 ? 0 : members * 2_000 + 16_000)
      commands = (question + 1_000) * (members == 0 ? 1 : members + 2) + (members == 0 ? 0 : 10_000)
    }
  }

  enum Refusal: Equatable, Sendable {
    case full
    case unfair
    case bytes
    case partition
  }

  let bounds: Bounds
  /// Whether more than one key may come: then none takes the last of the room.
  let isShared: Bool
  private(set) var open = 0
  private(set) var bytes = 0
  private var byVisitor: [Visitor: Int] = [:]
  private var byPartition: [Int32: Int] = [:]
  private var commands = 0

  /// A key may have so many times what is still free. One alone leaves a fifth for whoever comes next, and however
  /// many there are, those who ask for much get equal shares.
  private static let greed = 4

  init(_ bounds: Bounds, isShared: Bool) {
    self.bounds = bounds
    self.isShared = isShared
  }

  mutating func enter(_ visitor: Visitor, _ load: Load) -> Refusal? {
    guard open < bounds.open else { return .full }
    if isShared, byVisitor[visitor, default: 0] >= max(1, Self.greed * (bounds.open - open)) { return .unfair }
    // one question is let in whatever its size: what is too long was refused by its own bound
    guard bytes + load.bytes <= bounds.bytes || open == 0 else { return .bytes }
    let held = byPartition[load.partition, default: 0]
    if let limit = bounds.partition, held > 0, held + load.events > limit { return .partition }
    if let limit = bounds.lane, commands > 0, commands + load.commands > limit { return .partition }
    open += 1
    bytes += load.bytes
    byVisitor[visitor, default: 0] += 1
    byPartition[load.partition, default: 0] += load.events
    commands += load.commands
    return nil
  }

  mutating func leave(_ visitor: Visitor, _ load: Load) {
    open -= 1
    bytes -= load.bytes
    commands -= load.commands
    lower(&byVisitor, visitor, by: 1)
    lower(&byPartition, load.partition, by: load.events)
  }

  private func lower<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key, by amount: Int) {
    let left = counts[key, default: 0] - amount
    counts[key] = left > 0 ? left : nil
  }
}

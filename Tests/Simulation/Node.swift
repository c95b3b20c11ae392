import Bus

/// One process that owns one partition. It does one small thing at a time, and may be killed between any two.
protocol Node: AnyObject {
  /// False where it had nothing to do.
  func step(_ universe: Universe) -> Bool
  /// When it wants to be woken although nothing happened.
  var wake: Int64? { get }
  /// A zombie goes on deciding and writing, but its commits are refused.
  var isOwner: Bool { get set }
}

/// What a process has handed to its producer.
struct Outbox<Token> {
  private var underWay: [(record: Outgoing, token: Token, isStored: Bool)] = []
  private var written: [Token] = []

  var isEmpty: Bool { underWay.isEmpty && written.isEmpty }
  var hasUnderWay: Bool { !underWay.isEmpty }
  var hasWritten: Bool { !written.isEmpty }

  mutating func send(_ record: Outgoing, _ token: Token) { underWay.append((record, token, false)) }

  /// The brokers take one record, sometimes twice, and sometimes their answer is lost, so that it is sent again.
  mutating func write(_ universe: Universe, faults: Bool) {
    guard !underWay.isEmpty else { return }
    let index = universe.pick(0..<min(underWay.count, 4))
    universe.append(underWay[index].record)
    if faults, universe.chance(4) {
      universe.count("written twice")
      universe.append(underWay[index].record)
    }
    if faults, universe.chance(4) {
      universe.count("acknowledgement lost")
      underWay[index].isStored = true
      return
    }
    written.append(underWay.remove(at: index).token)
  }

  mutating func acknowledged(_ universe: Universe) -> Token? {
    guard !written.isEmpty else { return nil }
    return written.remove(at: universe.pick(0..<written.count))
  }

  /// The process is killed: some of what was under way still arrives, and nobody hears of it.
  mutating func abandon(_ universe: Universe) {
    for entry in underWay where universe.chance(50) { universe.append(entry.record) }
    underWay = []
    written = []
  }
}

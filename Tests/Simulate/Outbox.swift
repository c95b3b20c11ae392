import Bus

/// What a process has handed to its producer.
struct Outbox<Token> {
  private var underWay: [(record: Outgoing, token: Token)] = []
  private var written: [Token] = []

  var isEmpty: Bool { underWay.isEmpty && written.isEmpty }
  var hasUnderWay: Bool { !underWay.isEmpty }
  var hasWritten: Bool { !written.isEmpty }

  mutating func send(_ record: Outgoing, _ token: Token) { underWay.append((record, token)) }

  /// The brokers take one record, sometimes twice, and sometimes their answer is lost, so that it is sent again.
  mutating func write(_ universe: Universe, faults: Bool) {
    guard !underWay.isEmpty else { return }
    write(universe.pick(0..<min(underWay.count, 4)), universe, faults: faults)
  }

  private mutating func write(_ index: Int, _ universe: Universe, faults: Bool) {
    universe.append(underWay[index].record)
    if faults, universe.chance(4) {
      universe.count("written twice")
      universe.append(underWay[index].record)
    }
    if faults, universe.chance(4) {
      universe.count("acknowledgement lost")
      return
    }
    written.append(underWay.remove(at: index).token)
  }

  /// The brokers take what goes to one topic, all of it and at once.
  mutating func flush(_ topic: String, _ universe: Universe) {
    while let index = underWay.firstIndex(where: { $0.record.topic == topic }) {
      write(index, universe, faults: false)
    }
  }

  mutating func acknowledged(_ universe: Universe) -> Token? {
    guard !written.isEmpty else { return nil }
    return written.remove(at: universe.pick(0..<written.count))
  }

  /// The process is killed: some of what was under way still arrives, at once or later, and nobody hears of it.
  mutating func abandon(_ universe: Universe) {
    for entry in underWay where universe.chance(50) {
      if universe.chance(30) { universe.delay(entry.record) } else { universe.append(entry.record) }
    }
    underWay = []
    written = []
  }
}

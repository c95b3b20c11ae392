import Bus
import Deliberation
import Folding

/// The log of a partition, folded from its beginning by owners that know nothing else: they must come to the states that
/// the run came to.
struct Replay {
  private let universe: Universe
  private let partition: Int32
  private let histories: [History]

  init(_ universe: Universe, _ partition: Int32, _ histories: [History]) {
    self.universe = universe
    self.partition = partition
    self.histories = histories
  }

  func check(_ broken: inout [String]) {
    replay("panel-dispatcher", BookedDispatching(universe.cancels), &broken)
    replay("aggregator", Assembling(), &broken)
    replay("judge", Judging(), &broken)
  }

  private func replay(_ service: String, _ logic: some Decides, _ broken: inout [String]) {
    let place = Universe.Place(service: service, partition: partition)
    var states: [Deliberation] = []
    let decider = DeliberationDecider(
      logic: logic, topics: universe.topics,
      sender: Sender(service: service, instance: service, incarnation: "replay", clock: universe.clockwork),
      hashes: true)
    // read as it comes, not folded again: whoever folds again drops what ended before it looks at it
    var fold = PartitionFold(
      decider: decider, limits: FoldLimits(), resumed: Progress(committed: 0, metadata: nil), start: 0, end: 0,
      now: universe.now, closed: { state in states.append(state.deliberation) })
    for record in universe.records(.events, partition) {
      guard let record = try? FoldRecord(record, partitions: universe.partitions) else { continue }
      acknowledge(fold.read(record, now: universe.now), &fold)
    }
    if fold.openCount != 0 || fold.pendingCount != 0 {
      broken.append("a replay of \(service) on \(partition) leaves \(fold.openCount) open")
    }
    let replayed = Dictionary(states.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let lived = universe.closed.filter { $0.place == place }.map(\.state)
    for history in histories {
      guard let state = replayed[history.id] else {
        broken.append("\(history.id): a replay of \(service) does not end it")
        continue
      }
      compare(state, history, "a replay of \(service)", &broken)
      for state in lived where state.id == history.id { compare(state, history, "the \(service)", &broken) }
    }
  }

  private func acknowledge<D: Decider>(_ actions: [FoldAction], _ fold: inout PartitionFold<D>) {
    var rest = actions
    while let action = rest.popLast() {
      switch action {
      case .send(_, let token), .deadLetter(_, _, let token): rest += fold.acknowledged(token, now: universe.now)
      }
    }
  }

  /// A state is what the first so many facts fold into.
  private func compare(_ state: Deliberation, _ history: History, _ who: String, _ broken: inout [String]) {
    guard state.count <= history.facts.count, let folded = history.folded(upTo: state.count) else {
      broken.append("\(history.id): \(who) read \(state.count) of \(history.facts.count) facts")
      return
    }
    let analyses = { (state: Deliberation) in state.analyses.map { "\($0) \($1.id)" } }
    let outcomes = { (state: Deliberation) in
      state.calls.map { [$0.id(in: "").text, $1.named?.description, $1.outcome?.place.description] }
    }
    if state.digest != folded.digest || state.seals != folded.seals || analyses(state) != analyses(folded)
      || state.end != folded.end || state.settled != folded.settled || outcomes(state) != outcomes(folded)
    {
      broken.append("\(history.id): \(who) came to another state than the log says")
    }
  }
}

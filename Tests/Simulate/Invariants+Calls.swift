import Deliberation

/// Nobody is called more often than allowed, and what is said to be commanded is.
extension Invariants {
  /// Where nothing breaks nothing is done twice.
  mutating func checkCalm() {
    for (command, commands) in traffic.commands where commands.count > 1 {
      broken(by: "\(command) stands on its lane \(commands.count) times, though nothing broke")
    }
    if universe.executions.again > 0 {
      broken(by: "\(universe.executions.again) calls were repeated, though nothing broke")
    }
  }

  mutating func checkCalls(_ history: History, _ folded: Deliberation, _ ask: Requested) {
    for key in folded.calls.keys {
      let (rounds, attempts) =
        switch key.purpose {
        case .decision: (0, 0)
        case .panel: (ask.rounds, key.round == 0 ? ask.standIns.count : 0)
        case .judge, .answer: (ask.rounds, 1)
        }
      if key.attempt > attempts || key.round > rounds {
        say(history, "\(key.id(in: history.id).local) is more than was allowed")
      }
    }
    var named: [String: History.Fact] = [:]
    for naming in history.namings() where named[IDs.command(naming.call)] == nil {
      named[IDs.command(naming.call)] = history.facts[naming.place]
    }
    for (command, fact) in named where (traffic.commands[command]?.min() ?? .max) > fact.sequence {
      say(history, "\(fact.id) names \(command), which was not commanded before")
    }
    let restored = history.facts.last { if case .restored = $0.event { true } else { false } }
    let prefix = "\(history.id)/call/"
    for (command, sent) in universe.sent where command.hasPrefix(prefix) {
      for place in Set(sent.map(\.place)) {
        let count = sent.count { $0.place == place }
        if count > universe.lives[place, default: 0] {
          say(history, "\(command) was sent \(count) times by \(universe.lives[place, default: 0]) owners")
        }
      }
      guard let name = named[command] else { continue }
      for one in sent where name.offset < one.foldedTo && name.offset > restored?.offset ?? -1 {
        say(history, "\(command) was sent by an owner that had read that it was sent")
      }
    }
    for (command, sequences) in traffic.commands where command.hasPrefix(prefix) {
      if universe.sent[command] == nil { say(history, "\(command) came from nobody (\(sequences.count) times)") }
    }
    let isAsked = universe.sent.contains { command, sent in
      command.hasPrefix(prefix) && sent.contains { $0.place.service == "panel-dispatcher" }
    }
    if isAsked, universe.cancelledFirst.contains(history.id) {
      say(history, "the dispatcher commanded calls though it was cancelled before it was asked")
    }
  }
}

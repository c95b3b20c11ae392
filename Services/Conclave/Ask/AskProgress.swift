internal import Deliberation

/// How far a deliberation is, as far as somebody who waits for it wants to know. It learns only from the log.
struct AskProgress: Equatable, Sendable {
  enum Fate: Equatable, Sendable {
    case waiting
    case answered(milliseconds: Int64)
    case failed(String)
    case abandoned
  }

  /// A member of the panel: its place, and the call that holds it at the moment.
  struct Seat: Equatable, Sendable {
    let index: Int
    var model: String
    var call: CallID
    var since: Moment
    var fate = Fate.waiting
  }

  private(set) var seats: [Seat] = []
  /// What is being done now, in a word or two; empty when it is over.
  private(set) var stage = "waiting for the dispatcher"
  private(set) var deadline: Moment?
  /// The model that writes the answer, once that is known.
  private(set) var answerer: String?
  private var outcomes: [CallID: Fate] = [:]

  /// Takes an event in, and tells what happened in lines for somebody who reads along.
  mutating func read(_ event: Event, at time: Moment) -> [String] {
    switch event {
    case .requested(let requested): return read(requested)
    case .rejected(let rejected):
      stage = ""
      return ["rejected: \(rejected.message)"]
    case .decisionMade(let made):
      stage = made.outcome == .fused ? "asking the panel" : "answering"
      return ["the model chose: \(made.outcome.rawValue)"]
    case .panelDispatched(let panel): return read(panel, at: time)
    case .memberReplaced(let replaced):
      guard let place = place(replaced.index) else { return [] }
      seats[place] = Seat(index: replaced.index, model: replaced.model.asked, call: replaced.call, since: time)
      return ["\(replaced.model.asked) takes the place of member \(replaced.index)"]
    case .callRequested(let call): return read(call)
    case .callCompleted(let call):
      let duration = call.finished.flatMap { finished in call.started.map { finished - $0 } }
      return settle(call.call, call.modelAsked, at: time, duration) { .answered(milliseconds: $0) }
    case .callFailed(let call):
      let why = call.reason.rawValue.replacing("_", with: " ") + (call.status.map { " (\($0))" } ?? "")
      return settle(call.call, call.modelAsked ?? call.model ?? "", at: time, nil) { _ in .failed(why) }
    case .panelAssembled(let panel):
      for index in seats.indices where seats[index].fate == .waiting { seats[index].fate = .abandoned }
      stage = "sealed"
      return [
        "sealed (\(panel.sealed.rawValue)): \(panel.answered.count) of \(max(seats.count, panel.answered.count)) answered"
      ]
    case .analysisCompleted(let done):
      stage = "answering"
      return ["analysis: \(Self.summary(done))"]
    case .analysisDegraded(let degraded):
      stage = "answering"
      return ["no analysis: \(degraded.reason.rawValue.replacing("_", with: " "))"]
    case .completed, .failed, .cancelled:
      stage = ""
      return []
    case .cancelRequested, .settled, .restored, .forgotten: return []
    }
  }

  private mutating func read(_ requested: Requested) -> [String] {
    guard deadline == nil else { return [] }
    deadline = requested.deadline
    answerer = requested.answerer.asked
    stage = requested.policy == .always ? "asking the panel" : "asking \(requested.answerer.asked)"
    return []
  }

  private mutating func read(_ panel: PanelDispatched, at time: Moment) -> [String] {
    stage = panel.round == 0 ? "panel" : "revision \(panel.round)"
    seats = panel.members.map { Seat(index: $0.index, model: $0.model.asked, call: $0.call, since: time) }
    // An outcome may stand in the log before the event that names its call.
    for index in seats.indices { seats[index].fate = outcomes[seats[index].call] ?? .waiting }
    return ["\(stage): \(seats.map(\.model).joined(separator: ", "))"]
  }

  private mutating func read(_ call: CallRequested) -> [String] {
    switch call.call.purpose {
    case .judge: stage = "judging"
    case .answer: stage = "answering"
    case .decision: stage = "deciding"
    case .panel: return []
    }
    return ["\(stage): \(call.model)"]
  }

  /// The first outcome of a call is its outcome; later ones change nothing.
  private mutating func settle(
    _ call: CallID, _ model: String, at time: Moment, _ duration: Int64?, _ fate: (Int64) -> Fate
  ) -> [String] {
    guard outcomes[call] == nil, call.purpose == .panel else { return [] }
    let place = seats.firstIndex { $0.call == call }
    let fate = fate(duration ?? place.map { time - seats[$0].since } ?? 0)
    outcomes[call] = fate
    if let place { seats[place].fate = fate }
    switch fate {
    case .answered(let milliseconds): return ["answered: \(model) in \(milliseconds) ms"]
    case .failed(let why): return ["failed: \(model), \(why)"]
    case .waiting, .abandoned: return []
    }
  }

  private func place(_ index: Int) -> Int? { seats.firstIndex { $0.index == index } }

  private static func summary(_ done: AnalysisCompleted) -> String {
    let parts = [
      ("consensus", "consensus"), ("contradictions", "contradictions"), ("partial_coverage", "partly covered"),
      ("unique_insights", "unique"), ("blind_spots", "blind spots"),
    ]
    let counts = parts.compactMap { key, word in
      done.analysis[key]?.array.flatMap { $0.isEmpty ? nil : "\($0.count) \(word)" }
    }
    let evidence = done.evidenceTotal > 0 ? ["\(done.evidenceVerified) of \(done.evidenceTotal) quotes found"] : []
    return (counts.isEmpty ? ["nothing to compare"] : counts + evidence).joined(separator: ", ")
  }
}

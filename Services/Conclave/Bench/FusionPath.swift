internal import Deliberation

/// The way of one deliberation of mode `best-of` over the bus, by the times that its own events bear.
struct FusionPath {
  /// From how many deliberations of a load the middle is taken.
  static let sample = 40

  /// The steps between two events one after the other on the critical path, and the records that each step travels by.
  enum Step: String, CaseIterable, Sendable {
    case panelCalls, panelSealed, judgeCall, judged, ended

    /// How many records one after the other: a command and an outcome; an event and what follows from it.
    var hops: Int {
      switch self {
      case .panelCalls: 2
      case .panelSealed: 1
      case .judgeCall: 2
      case .judged: 1
      case .ended: 1
      }
    }

    var name: String {
      switch self {
      case .panelCalls: "requested → last member answered"
      case .panelSealed: "→ panel assembled"
      case .judgeCall: "→ judge answered"
      case .judged: "→ analysis completed"
      case .ended: "→ end written"
      }
    }

    var hasModel: Bool { self == .panelCalls || self == .judgeCall }
  }

  /// Before the first event: the ask to the dispatcher. After the last: the end read back, and the reply.
  static let hops = Step.allCases.reduce(0) { $0 + $1.hops } + 1 + 2

  struct Medians: Sendable {
    let deliberations: Int
    /// Seconds of each step.
    let steps: [(step: Step, seconds: Double)]
  }

  private let times: [Step: Double]

  /// Nil where the events do not show the whole way.
  init?(_ events: JSON, members: Int) {
    var moments: [String: [Moment]] = [:]
    var judge: Moment?
    for event in events["events"]?.array ?? [] {
      guard let type = event["type"]?.string, let time = event["time"]?.string.flatMap(Moment.init(rfc3339:)) else {
        continue
      }
      let isJudge = event["id"]?.string?.contains("/judge") ?? false
      if type.contains("call.completed"), isJudge { judge = time } else { moments[type, default: []].append(time) }
    }
    func last(_ part: String) -> Moment? { moments.first { $0.key.contains(part) }?.value.max() }
    guard let requested = last("deliberation.requested"), let answered = last("call.completed"),
      let sealed = last("panel.assembled"), let judge, let analysed = last("analysis.completed"),
      let ended = last("deliberation.completed")
    else { return nil }
    func between(_ from: Moment, _ to: Moment) -> Double { Double(to.milliseconds - from.milliseconds) / 1_000 }
    times = [
      .panelCalls: between(requested, answered), .panelSealed: between(answered, sealed),
      .judgeCall: between(sealed, judge), .judged: between(judge, analysed), .ended: between(analysed, ended),
    ]
  }

  static func medians(_ paths: [FusionPath]) -> Medians? {
    guard !paths.isEmpty else { return nil }
    return Medians(
      deliberations: paths.count,
      steps: Step.allCases.map { step in
        (step, GatewayBench.percentile(paths.compactMap { $0.times[step] }.sorted(), 0.5))
      })
  }
}

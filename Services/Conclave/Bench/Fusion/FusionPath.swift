internal import Deliberation

/// The way of one deliberation of mode `best-of` over the bus, by the times that its own events bear and by when its
/// client asked and was answered.
struct FusionPath {
  /// From how many deliberations of a load the means are taken.
  static let sample = 240

  /// The steps one after the other on the critical path, and the records that each step travels by.
  enum Step: String, CaseIterable, Sendable {
    case asked, panelCalls, panelSealed, judgeCall, judged, ended, replied

    /// How many records one after the other: a command and an outcome; an event and what follows from it.
    var hops: Int {
      switch self {
      case .asked: 1
      case .panelCalls: 2
      case .panelSealed: 1
      case .judgeCall: 2
      case .judged: 1
      case .ended: 1
      case .replied: 2
      }
    }

    var name: String {
      switch self {
      case .asked: "ask → requested"
      case .panelCalls: "→ last member answered"
      case .panelSealed: "→ panel assembled"
      case .judgeCall: "→ judge answered"
      case .judged: "→ analysis completed"
      case .ended: "→ end written"
      case .replied: "→ client answered"
      }
    }

    var hasModel: Bool { self == .panelCalls || self == .judgeCall }
  }

  static let hops = Step.allCases.reduce(0) { $0 + $1.hops }

  struct Means: Sendable {
    let deliberations: Int
    /// Seconds of each step.
    let steps: [(step: Step, seconds: Double)]

    var total: Double { steps.reduce(0) { $0 + $1.seconds } }
  }

  private let times: [Step: Double]

  /// Nil where the events do not show the whole way. Their times are cut to milliseconds: half of one is added to each,
  /// so that the means are right. `total`, over all steps, is what the client waited.
  init?(_ events: JSON, asked: Double, answered: Double) {
    var moments: [String: [Double]] = [:]
    var judge: Double?
    for event in events["events"]?.array ?? [] {
      guard let type = event["type"]?.string, let time = event["time"]?.string.flatMap(Moment.init(rfc3339:)) else {
        continue
      }
      let seconds = (Double(time.milliseconds) + 0.5) / 1_000
      let isJudge = event["id"]?.string?.contains("/judge") ?? false
      if type.contains("call.completed"), isJudge {
        judge = seconds
      } else {
        moments[type, default: []].append(seconds)
      }
    }
    func last(_ part: String) -> Double? { moments.first { $0.key.contains(part) }?.value.max() }
    guard let requested = last("deliberation.requested"), let members = last("call.completed"),
      let sealed = last("panel.assembled"), let judge, let analysed = last("analysis.completed"),
      let ended = last("deliberation.completed")
    else { return nil }
    times = [
      .asked: requested - asked, .panelCalls: members - requested, .panelSealed: sealed - members,
      .judgeCall: judge - sealed, .judged: analysed - judge, .ended: ended - analysed, .replied: answered - ended,
    ]
  }

  static func means(_ paths: [FusionPath]) -> Means? {
    guard !paths.isEmpty else { return nil }
    return Means(
      deliberations: paths.count,
      steps: Step.allCases.map { step in (step, Spread.mean(paths.compactMap { $0.times[step] })) })
  }
}

/// What the log says about one call. Its outcome may stand before the event that names it.
package struct CallState: Sendable, Equatable {
  /// The first outcome; what comes later for the same call is a repeat.
  package enum Outcome: Sendable, Equatable {
    case completed(CallCompleted)
    case failed(CallFailed)

    package var usage: Usage? {
      switch self {
      case .completed(let call): call.usage
      case .failed(let call): call.usage
      }
    }

    package var cost: Double? {
      switch self {
      case .completed(let call): call.cost
      case .failed(let call): call.cost
      }
    }
  }

  /// Who was asked, as the event that names the call says.
  package internal(set) var model: ModelRef?
  /// The place of the event that names it: its command is on its lane.
  package internal(set) var named: Int?
  package internal(set) var outcome: Fact<Outcome>?
  /// Whether that is an answer: asked for each member on each event, so it is not looked for in the outcome again.
  package internal(set) var isAnswered = false

  package var completed: CallCompleted? {
    guard case .completed(let call) = outcome?.value else { return nil }
    return call
  }

  package var failed: CallFailed? {
    guard case .failed(let call) = outcome?.value else { return nil }
    return call
  }
}

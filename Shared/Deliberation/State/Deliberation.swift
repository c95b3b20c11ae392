/// What the log says about one deliberation: the state that dispatcher, aggregator and judge share. Only `evolve`
/// changes it, and only by what was read.
///
/// To everyone it is a value: `evolve` changes it where nobody else has it, and a copy of it where somebody does. It lies in
/// a place of its own because it is large and handed on at every step of a decision.
// Unchecked for the same reason: whoever changes it has it alone. Nor need it be looked after at each access.
package final class Deliberation: @unchecked Sendable {
  /// An ask that came under an id which had one already.
  package struct Joined: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
      case joined
      /// It came after the end.
      case late
      case refused(AskError)
    }

    package let discriminator: String
    package let form: Form
    package let reply: [ReplyAddress]
    package let origin: Origin
    package let metadata: JSON?
    package let verdict: Verdict
  }

  package enum End: Sendable, Equatable {
    case completed(Completed)
    case failed(Failed)
    case cancelled(Cancelled)
    case rejected(Rejected)

    package var totals: Totals? {
      switch self {
      case .completed(let end): end.totals
      case .failed(let end): end.totals
      case .cancelled(let end): end.totals
      case .rejected: nil
      }
    }
  }

  /// The judge's word on a round.
  package enum Analysis: Sendable, Equatable {
    case completed(AnalysisCompleted)
    case degraded(AnalysisDegraded)
  }

  /// One seat of the panel in round 0; a stand-in takes it over when its holder failed.
  struct Seat: Sendable {
    struct Holder: Sendable {
      let model: ModelRef
      /// When the failure of the one before was read.
      let since: Moment?
    }

    /// By attempt.
    var holders: [Holder]

    var attempt: Int { holders.count - 1 }
    var model: ModelRef { holders[holders.count - 1].model }
    var since: Moment? { holders[holders.count - 1].since }
  }

  package let id: String
  @exclusivity(unchecked) package internal(set) var ask: Fact<Requested>?
  @exclusivity(unchecked) package internal(set) var joined: [Fact<Joined>] = []
  @exclusivity(unchecked) package internal(set) var cancel: Fact<CancelRequested>?
  /// Members given up by request, with the place of that request.
  @exclusivity(unchecked) package internal(set) var givenUp: [Int: Int] = [:]
  @exclusivity(unchecked) package internal(set) var decision: Fact<DecisionMade>?
  @exclusivity(unchecked) package internal(set) var calls = KeyedList<CallKey, CallState>()
  @exclusivity(unchecked) package internal(set) var dispatched = KeyedList<Int, Fact<PanelDispatched>>()
  @exclusivity(unchecked) package internal(set) var seals = KeyedList<Int, Fact<PanelAssembled>>()
  @exclusivity(unchecked) package internal(set) var analyses = KeyedList<Int, Fact<Analysis>>()
  @exclusivity(unchecked) package internal(set) var end: Fact<End>?
  @exclusivity(unchecked) package internal(set) var settled: Fact<Settled>?
  /// The place of the last `deliberation.restored`: commands named before it are lost.
  @exclusivity(unchecked) package internal(set) var restored: Int?
  /// Replacements that stand after the seal of their round: void, to be cancelled.
  @exclusivity(unchecked) var late: [CallKey] = []
  @exclusivity(unchecked) var progress: [Progress] = []
  @exclusivity(unchecked) var seats: [Seat] = []
  @exclusivity(unchecked) var standInsUsed = 0
  /// How many different events were read.
  @exclusivity(unchecked) package internal(set) var count = 0
  @exclusivity(unchecked) var seen = SeenIDs()
  @exclusivity(unchecked) var hash = SHA256()

  init(id: String) { self.id = id }

  /// A copy, for whoever reads on while others have it as it is.
  init(_ other: Deliberation) {
    id = other.id
    ask = other.ask
    joined = other.joined
    cancel = other.cancel
    givenUp = other.givenUp
    decision = other.decision
    calls = other.calls
    dispatched = other.dispatched
    seals = other.seals
    analyses = other.analyses
    end = other.end
    settled = other.settled
    restored = other.restored
    late = other.late
    progress = other.progress
    seats = other.seats
    standInsUsed = other.standInsUsed
    count = other.count
    seen = other.seen
    hash = other.hash
  }

  /// Whether something is still to come. What stands without a `deliberation.requested` opens nothing.
  package var isOpen: Bool { ask != nil && end == nil }

  /// SHA-256 over what was read so far, as an end carries it; only where the values' hashes were read with them.
  package var digest: String {
    var hash = hash
    return Hex.text(hash.finish())
  }
}

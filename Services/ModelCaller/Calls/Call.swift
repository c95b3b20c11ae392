internal import Deliberation
internal import Models

/// One call on its way from command to acknowledged outcome.
struct Call: Sendable {
  enum Phase: Sendable, Equatable {
    /// Another caller runs it as far as one has heard; started here when nobody has named it for a while.
    case held
    /// The cache is asked whether it has its answer.
    case looking
    /// Another call of this process asks the same: its answer will be this one's too.
    case sharing
    /// Its provider has no room.
    case queued
    /// A pause before the next try.
    case waiting
    case trying
    /// Tools run that its model has asked for.
    case tooling
    /// Its outcome is known; pieces of its text are not acknowledged yet.
    case settling
    /// Its outcome is written and not acknowledged yet.
    case writing

    /// An answer may still come of it, for others as well.
    var isUnderWay: Bool {
      switch self {
      case .held, .sharing, .settling, .writing: false
      default: true
      }
    }
  }

  let serial: Int
  /// Changes where the call goes on for somebody else who asked the same.
  private(set) var command: Command
  /// New each time that a call is performed, also in another process.
  let execution: String
  /// The call whose answer this one waits for.
  var leader: Int?
  /// What comes is not shown: whoever watches has not seen the beginning.
  var isMuted = false
  var places: [Place]
  var phase: Phase
  var tries: Tries
  /// Counts tries.
  var number = 0
  /// Of the try under way, or the last; an answer to an earlier one is dropped.
  var tryNumber = 0
  var route = 0
  var tryStarted: Moment
  /// The provider has said of its limits what the try under way has left of them.
  var wasHeard = false
  private(set) var started: Moment
  var firstToken: Moment?
  /// What failed tries cost, where the provider said.
  var spent = 0.0
  var usage = TokenUsage()
  /// What tools have added.
  var work = ToolWork()
  /// Bytes of the answer's text that were sent to who watches.
  var shown = 0
  var hasStreamed = false
  /// When it first stood before the door of a provider that is down.
  var shutSince: Moment?
  /// Records with pieces of its text that are not acknowledged yet, and whether some piece still waits to be gathered.
  var openDeltas = 0
  /// It was named on `signals`, so its end is told there too.
  var wasNamed = false
  /// A second request for the same answer, because the first was slow to begin.
  var second: Second?
  /// The try under way has begun to answer.
  var hasSpoken = false
  /// Why the try under way is being stopped.
  var stopping: ProviderFailure?
  /// Another caller's outcome stands in the log: this one writes none.
  var endedElsewhere = false
  var outcome: OutcomeEvent?

  init(serial: Int, command: Command, execution: String, place: Place?, tries: Tries, phase: Phase, now: Moment) {
    self.serial = serial
    self.command = command
    self.execution = execution
    places = place.map { [$0] } ?? []
    self.phase = phase
    self.tries = tries
    tryStarted = now
    started = now
  }

  /// For whom it is made, and what has been done for them.
  var asker: Asker {
    get { Asker(command: command, places: places, started: started, wasNamed: wasNamed, shown: shown) }
    set {
      command = newValue.command
      places = newValue.places
      started = newValue.started
      wasNamed = newValue.wasNamed
      shown = newValue.shown
    }
  }

  /// A guess, for the rates that providers count in tokens.
  private static let bytesPerToken = 4.0

  /// What its question takes of them.
  var promptTokens: Double { Double(command.promptBytes + work.bytes) / Self.bytesPerToken }

  /// Its partition has gone to another caller, and it goes on here.
  var isOrphan: Bool { places.isEmpty }
}

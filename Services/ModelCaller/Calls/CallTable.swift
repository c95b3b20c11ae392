internal import Bus
package import Deliberation

/// Every call of one lane in this process: the machine that decides what is started, written, committed, paused and
/// said to other callers. It does no I/O and reads no clock; what it wants done it says as actions, and it is told what
/// came of them. One thread owns it.
package struct CallTable: Sendable {
  package let instance: String
  let limits: CallLimits
  /// The ways to the models of a command that may be used, in order.
  let routes: @Sendable (Command) -> [Route]
  var random: SplitMix64

  var partitions: [Int32: PartitionState] = [:]
  var calls: [Int: Call] = [:]
  var serials: [String: Int] = [:]
  /// For cancellations that name a deliberation and not its calls.
  var ofDeliberation: [String: Set<Int>] = [:]
  /// Calls that go on here though their partition has gone.
  var orphanSerials: Set<Int> = []
  /// Calls that were named on `signals` and whose outcome is acknowledged: told together.
  var endedNames: [String] = []
  var lastSerial = 0
  var lastGeneration = 0
  var gates: [String: Gate]
  /// When a provider's door may let somebody in though nobody has come out.
  var doorsDue: Moment?
  /// The call that is asked for all who ask the same, by cache key, and those who wait for it.
  var flights: [String: Int] = [:]
  var riders: [Int: [Int]] = [:]
  /// How fast models are that are asked twice where they are slow.
  var paces: [String: Pace] = [:]
  var wheel = Wheel()
  var gather: DeltaGather
  var openDeltas: [Int: [Int]] = [:]
  var lastDelta = 0
  /// Dead letters and replays that are written and not acknowledged; they count against the bound like calls.
  var openLetters = 0
  /// Calls whose outcome is written and not acknowledged.
  var writing = 0
  var memory: OutcomeMemory
  var cancellations: Cancellations
  var rumours: Rumours
  var commitUnderWay: [CommitEntry]?
  var commitDue: Moment?
  var namingDue: Moment?
  /// Commands that were read and are not taken yet.
  var anteroom: Anteroom
  var isPaused = false
  /// Some partition may have to be paused or resumed though that has not changed.
  var isFlowStale = false
  var actions: [Action] = []
  package private(set) var figures = CallFigures()

  package init(
    instance: String, limits: CallLimits, gates: [String: Gate], seed: UInt64,
    routes: @escaping @Sendable (Command) -> [Route]
  ) {
    self.instance = instance
    self.limits = limits
    self.routes = routes
    random = SplitMix64(seed: seed)
    self.gates = gates
    gather = DeltaGather(within: limits.deltaGather, limit: limits.deltaBytes)
    memory = OutcomeMemory(countLimit: limits.replays, bytesLimit: limits.replayBytes)
    cancellations = Cancellations(limit: limits.cancels, lifetime: limits.memory)
    rumours = Rumours(quiet: limits.quiet, limit: limits.rumours)
    anteroom = Anteroom(countLimit: limits.waiting, bytesLimit: limits.waitingBytes)
  }

  /// What is to be done now, in this order.
  package mutating func take() -> [Action] {
    if !endedNames.isEmpty {
      actions.append(.write(.signal(.ended(calls: endedNames)), .signal))
      endedNames = []
    }
    defer { actions.removeAll(keepingCapacity: true) }
    return actions
  }

  /// When `tick` is wanted at the latest.
  package var wake: Moment? {
    var wake = wheel.next
    for other in [gather.due, commitUnderWay == nil ? commitDue : nil, namingDue, doorsDue] {
      guard let other else { continue }
      wake = wake.map { min($0, other) } ?? other
    }
    return wake
  }

  /// Time has passed.
  package mutating func tick(_ now: Moment) {
    for serial in wheel.due(now) { timeCame(serial, now) }
    if let due = doorsDue, due <= now { openDoors(now) }
    if let due = gather.due, due <= now { flushDeltas(now) }
    nameOrphans(now)
    commitIfDue(now)
  }

  /// Lets in who waits for time alone, and notes when the next may go in.
  mutating func openDoors(_ now: Moment) {
    for provider in gates.keys.sorted() { admit(provider, now) }
    noteDoors(now)
  }

  /// A door that waits for time is not tried more often than this, in milliseconds.
  private static let doorEvery: Int64 = 10

  mutating func noteDoors(_ now: Moment) {
    doorsDue = nil
    for gate in gates.values where gate.waiting > 0 {
      guard let wake = gate.wake(now: now).map({ max($0, now + Self.doorEvery) }) else { continue }
      doorsDue = doorsDue.map { min($0, wake) } ?? wake
    }
  }

  /// How the doors to the providers stand, for metrics.
  package var doors: [DoorState] {
    gates.sorted { $0.key < $1.key }.map { provider, gate in
      DoorState(
        provider: provider, isOpen: !gate.isShut, waiting: gate.waiting, width: gate.width,
        allowance: gate.allowance, figures: gate.figures)
    }
  }

  mutating func count(_ change: (inout CallFigures) -> Void) { change(&figures) }

  /// Calls that are performed or about to be: not those that another caller runs.
  package var inFlight: Int { figures.inFlight }
  package var held: Int { figures.held }
  /// Commands that were read and for which there is no room yet.
  package var waiting: Int { anteroom.count }
  /// Nothing is under way: the process may end without losing anything.
  package var isIdle: Bool { calls.isEmpty && openLetters == 0 }
  package var orphans: Int { orphanSerials.count }
  package var partitionCount: Int { partitions.count }
}

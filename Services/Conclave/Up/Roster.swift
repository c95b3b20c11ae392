/// What `up` knows of its children and what it does next: a state machine with no process and no clock in it. Each of
/// its methods tells it one thing that happened and returns what is to be done about that.
struct Roster {
  typealias Instant = ContinuousClock.Instant

  /// A process in its slot.
  struct Running: Equatable {
    let pid: Int32
    let since: Instant
    var announcement: Announcement?
    var isReady = false
  }

  enum Phase: Equatable {
    case absent
    case pausing(until: Instant)
    case starting
    case running(Running)
    /// Asked to end; after `killAt` it is not asked any more.
    case ending(Running, killAt: Instant)
  }

  enum Action: Equatable {
    case start(Int)
    case signal(Int, Int32)
    /// run.json no longer tells the truth.
    case publish
    /// Everything is ready for the first time.
    case ready
    case say(String)
    case leave(status: Int32)
  }

  enum Life: Equatable {
    case going(wasReady: Bool)
    /// The embedded broker died and its address with it: every service ends before a new one starts.
    case renewing(wasReady: Bool)
    case stopping(status: Int32)
  }

  /// How long a child that was asked to end may take: more than a service gives itself.
  struct Patience: Sendable {
    var stopping = Duration.seconds(25)
    /// Services of a dead broker can finish nothing.
    var renewing = Duration.seconds(1)
    /// Deaths in a row after which a child that never was ready is given up.
    var youngDeaths = 5
  }

  let slots: [Slot]
  let patience: Patience
  private(set) var phases: [Phase]
  private(set) var life = Life.going(wasReady: false)
  private(set) var starts: [Int]
  /// The last address that each slot announced: a simulator that is started again must be found where it was.
  private(set) var addresses: [Announcement?]
  private var pauses: [RestartPause]

  init(_ slots: [Slot], patience: Patience = Patience()) {
    self.slots = slots
    self.patience = patience
    phases = slots.map { _ in .absent }
    starts = slots.map { _ in 0 }
    addresses = slots.map { _ in nil }
    pauses = slots.map { _ in RestartPause() }
  }

  // MARK: What happened

  mutating func begin(now: Instant) -> [Action] { plan(now: now) }

  mutating func started(_ index: Int, pid: Int32, now: Instant) -> [Action] {
    starts[index] += 1
    phases[index] = .running(Running(pid: pid, since: now))
    return [.publish] + plan(now: now)
  }

  /// A program that cannot be started at all will not be there a moment later either.
  mutating func couldNotStart(_ index: Int, _ why: String, now: Instant) -> [Action] {
    phases[index] = .absent
    return [.say(why)] + stop(status: 1, now: now)
  }

  mutating func announced(_ index: Int, _ announcement: Announcement, now: Instant) -> [Action] {
    addresses[index] = announcement
    guard case .running(var running) = phases[index] else { return [] }
    running.announcement = announcement
    phases[index] = .running(running)
    let here = announcement.admin == nil ? becameReady(index, pid: running.pid, now: now) : []
    return [.publish] + here + plan(now: now)
  }

  mutating func becameReady(_ index: Int, pid: Int32, now: Instant) -> [Action] {
    guard case .running(var running) = phases[index], running.pid == pid, !running.isReady else { return [] }
    running.isReady = true
    phases[index] = .running(running)
    var actions: [Action] = []
    if starts[index] > 1 {
      let duration = (now - running.since).milliseconds
      actions.append(.say("\(slots[index].instance) is at work again, \(duration) ms after its start"))
    }
    if case .going(wasReady: false) = life, phases.allSatisfy(\.isReady) {
      life = .going(wasReady: true)
      actions.append(.ready)
    }
    return actions
  }

  mutating func ended(_ index: Int, _ how: ChildProcess.End, now: Instant) -> [Action] {
    let died: Running?
    switch phases[index] {
    case .running(let running): died = running
    default: died = nil
    }
    phases[index] = .absent
    guard let died, let wasReady = life.wasReady else { return [.publish] + plan(now: now) }
    if case .renewing = life, slots[index].role.isService { return [.publish] + plan(now: now) }
    let pause = pauses[index].died(after: now - died.since)
    if !wasReady, let why = giveUp(index, how) { return [.publish, .say(why)] + stop(status: 1, now: now) }
    phases[index] = .pausing(until: now + pause)
    let soon = pause == .zero ? "at once" : "in \(pause.milliseconds) ms"
    var actions: [Action] = [.publish, .say("\(slots[index].instance) ended with \(how); it is started again \(soon)")]
    if slots[index].role == .broker {
      life = .renewing(wasReady: wasReady)
      actions.append(.say("the embedded broker died and its records with it; every service is started again"))
      for other in slots.indices where slots[other].role.isService { actions += end(other, patience.renewing, now) }
    }
    return actions + plan(now: now)
  }

  /// The first time asks everyone to end, in order; the second time asks no more.
  mutating func stopAsked(now: Instant) -> [Action] {
    guard case .stopping = life else { return stop(status: 0, now: now) }
    return slots.indices.flatMap { index -> [Action] in
      phases[index].running == nil ? [] : [.signal(index, Signal.kill)]
    }
  }

  /// The clock reached `nextTick`.
  mutating func tick(now: Instant) -> [Action] {
    var actions: [Action] = []
    for index in slots.indices {
      if case .ending(let running, let killAt) = phases[index], killAt <= now {
        // Asked for again every second, though nothing survives the first.
        phases[index] = .ending(running, killAt: now + .seconds(1))
        actions.append(.say("\(slots[index].instance) did not end in time and is killed"))
        actions.append(.signal(index, Signal.kill))
      }
    }
    return actions + plan(now: now)
  }

  var nextTick: Instant? {
    phases.compactMap { phase -> Instant? in
      switch phase {
      case .pausing(let until): until
      case .ending(_, let killAt): killAt
      default: nil
      }
    }.min()
  }

  /// Whose `/readyz` is to be asked.
  var awaited: [(index: Int, pid: Int32, admin: String)] {
    slots.indices.compactMap { index in
      guard case .running(let running) = phases[index], !running.isReady, let admin = running.announcement?.admin
      else { return nil }
      return (index, running.pid, admin)
    }
  }

  // MARK: What follows

  private mutating func stop(status: Int32, now: Instant) -> [Action] {
    life = .stopping(status: status)
    return plan(now: now)
  }

  private mutating func plan(now: Instant) -> [Action] {
    switch life {
    case .going:
      return slots.indices.filter { mayStart($0, now: now) }.map { index in
        phases[index] = .starting
        return .start(index)
      }
    case .renewing(let wasReady):
      let services = slots.indices.filter { slots[$0].role.isService }
      guard services.allSatisfy({ phases[$0] == .absent }) else { return [] }
      life = .going(wasReady: wasReady)
      return plan(now: now)
    case .stopping(let status):
      for index in slots.indices where phases[index].running == nil { phases[index] = .absent }
      guard let rank = slots.indices.filter({ phases[$0] != .absent }).map({ slots[$0].endRank }).min() else {
        return [.leave(status: status)]
      }
      return slots.indices.filter { slots[$0].endRank == rank }.flatMap { end($0, patience.stopping, now) }
    }
  }

  private func mayStart(_ index: Int, now: Instant) -> Bool {
    switch phases[index] {
    case .absent: break
    case .pausing(let until): if until > now { return false }
    default: return false
    }
    return slots.indices.allSatisfy {
      !slots[index].role.waits(for: slots[$0].role) || phases[$0].running?.announcement != nil
    }
  }

  private mutating func end(_ index: Int, _ patience: Duration, _ now: Instant) -> [Action] {
    switch phases[index] {
    case .pausing: phases[index] = .absent
    case .running(let running):
      phases[index] = .ending(running, killAt: now + patience)
      return [.signal(index, Signal.terminate)]
    default: break
    }
    return []
  }

  private func giveUp(_ index: Int, _ how: ChildProcess.End) -> String? {
    let instance = slots[index].instance
    if how == .status(2) { return "\(instance) refuses its settings; its last line says which one and what to write" }
    guard pauses[index].youngDeaths >= patience.youngDeaths else { return nil }
    return "\(instance) ended \(pauses[index].youngDeaths) times (\(how)) and was never ready; its last lines say why"
  }
}

extension Roster.Phase {
  var running: Roster.Running? {
    switch self {
    case .running(let running), .ending(let running, _): running
    default: nil
    }
  }

  var isReady: Bool {
    if case .running(let running) = self { return running.isReady }
    return false
  }
}

extension Roster.Life {
  /// nil while everything is being ended.
  var wasReady: Bool? {
    switch self {
    case .going(let wasReady), .renewing(let wasReady): wasReady
    case .stopping: nil
    }
  }
}

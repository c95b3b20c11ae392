internal import Glibc
internal import Threads

/// Does what a roster says: starts its processes, waits for them by their descriptors, asks them to end.
///
/// One thread runs it from beginning to end. That thread starts the children, so it has to live as long as the process:
/// the kernel kills a child with the thread that started it.
// Unchecked: what other threads reach is `mailbox` and `bell`; the rest belongs to the thread in `run`.
final class Supervisor: @unchecked Sendable {
  /// How a program is started.
  struct Launch: Equatable, Sendable {
    var arguments: [String]
    var environment: [String: String]
  }

  /// What a supervisor needs from whoever knows what the children are for.
  struct Surroundings: Sendable {
    /// The arguments and the environment of a slot, by what all slots have announced so far.
    var launch: @Sendable (Slot, [Announcement?]) -> Launch
    /// Asks `/readyz` at an address and answers, from any thread, whether it said yes.
    var probe: @Sendable (String, @escaping @Sendable (Bool) -> Void) -> Void
    /// The processes are others than before.
    var publish: @Sendable (Roster) -> Void
    /// All are ready, for the first time.
    var ready: @Sendable (Roster) -> Void
  }

  private enum Letter {
    case stop
    case probed(Int, pid: Int32, Bool)
  }

  private static let probeInterval = Duration.milliseconds(20)

  private let surroundings: Surroundings
  private let log: LogForwarder
  private let signals: StopSignals?
  private let bell = Bell()
  private let mailbox = Lock<[Letter]>([])

  private var roster: Roster
  private var children: [ChildProcess?]
  private var announcements: [LineSplitter]
  private var nextProbe: [ContinuousClock.Instant?]
  private var todo: [Roster.Action] = []

  /// `signals` end it too, beside `stop`.
  init(_ roster: Roster, surroundings: Surroundings, log: LogForwarder, signals: StopSignals? = nil) {
    self.roster = roster
    self.surroundings = surroundings
    self.log = log
    self.signals = signals
    children = roster.slots.map { _ in nil }
    announcements = roster.slots.map { _ in LineSplitter() }
    nextProbe = roster.slots.map { _ in nil }
  }

  /// From any thread: ends everything in order; a second time, at once.
  func stop() { post(.stop) }

  /// Returns the exit status of the whole when the last child has ended.
  func run() -> Int32 {
    todo = roster.begin(now: .now)
    while true {
      while !todo.isEmpty {
        if let status = act(todo.removeFirst()) { return status }
      }
      wait()
      probe()
    }
  }

  // MARK: Doing

  private func act(_ action: Roster.Action) -> Int32? {
    switch action {
    case .start(let index): start(index)
    case .signal(let index, let number): children[index]?.signal(number)
    case .publish: surroundings.publish(roster)
    case .ready: surroundings.ready(roster)
    case .say(let line): log.say("up | \(line)")
    case .leave(let status): return status
    }
    return nil
  }

  private func start(_ index: Int) {
    let slot = roster.slots[index]
    do {
      let launch = surroundings.launch(slot, roster.addresses)
      let child = try ChildProcess(slot.program, launch.arguments, environment: launch.environment)
      children[index] = child
      announcements[index] = LineSplitter()
      nextProbe[index] = nil
      log.add(child.output, name: slot.instance)
      todo += roster.started(index, pid: child.pid, now: .now)
    } catch {
      todo += roster.couldNotStart(index, "\(slot.instance): \(error)", now: .now)
    }
  }

  private func probe() {
    let now = ContinuousClock.now
    for (index, pid, admin) in roster.awaited where nextProbe[index].map({ $0 <= now }) ?? true {
      // Until the answer is here there is no next one; an answer that never comes is cut by the prober's own deadline.
      nextProbe[index] = now + .seconds(3)
      surroundings.probe(admin) { [self] isReady in post(.probed(index, pid: pid, isReady)) }
    }
  }

  private func post(_ letter: Letter) {
    mailbox.withLock { $0.append(letter) }
    bell.ring()
  }

  // MARK: Waiting

  /// Waits until something happens, and notes what is to be done about it.
  private func wait() {
    var polled = [pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)]
    polled.append(pollfd(fd: signals?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    for child in children {
      polled.append(pollfd(fd: child?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
      polled.append(pollfd(fd: child?.announcements ?? -1, events: Int16(POLLIN), revents: 0))
    }
    poll(&polled, nfds_t(polled.count), timeout())

    if polled[1].revents != 0 {
      while signals?.next() != nil { todo += roster.stopAsked(now: .now) }
    }
    if polled[0].revents != 0 { readMailbox() }
    for index in children.indices {
      // Announcements first: a child may speak and end before we look.
      if polled[3 + 2 * index].revents != 0 { readAnnouncements(index) }
      if polled[2 + 2 * index].revents != 0, let end = children[index]?.reap() {
        children[index] = nil
        todo += roster.ended(index, end, now: .now)
      }
    }
    if let tick = roster.nextTick, tick <= .now { todo += roster.tick(now: .now) }
  }

  private func timeout() -> Int32 {
    let probes = roster.awaited.map { nextProbe[$0.index] ?? .now }
    guard let next = (probes + [roster.nextTick].compactMap(\.self)).min() else { return -1 }
    // Rounded up, so that it is not woken a moment before there is something to do.
    return Int32(clamping: max(0, (next - .now).milliseconds + 1))
  }

  private func readMailbox() {
    bell.hush()
    let letters = mailbox.withLock { letters in
      defer { letters.removeAll() }
      return letters
    }
    for letter in letters {
      switch letter {
      case .stop: todo += roster.stopAsked(now: .now)
      case .probed(let index, let pid, true): todo += roster.becameReady(index, pid: pid, now: .now)
      case .probed(let index, _, false): nextProbe[index] = .now + Self.probeInterval
      }
    }
  }

  private func readAnnouncements(_ index: Int) {
    guard let child = children[index] else { return }
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = read(child.announcements, &chunk, chunk.count)
    guard count > 0 else {
      if count == 0 { child.closeAnnouncements() }
      return
    }
    for line in announcements[index].feed(chunk.prefix(count)) {
      guard let announcement = Announcement(line: line) else {
        log.say("up | \(roster.slots[index].instance) announced what is no announcement")
        continue
      }
      todo += roster.announced(index, announcement, now: .now)
    }
  }
}

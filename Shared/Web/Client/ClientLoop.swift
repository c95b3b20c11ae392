internal import CCurl
internal import Glibc
internal import Threads

/// libcurl's multi interface on one thread, driven by epoll, so that its cost grows with what happens and not with how
/// many requests wait (nor do they all stand in one handle: `ClientBranch`). Other threads put commands into an inbox and
/// ring the bell.
// Unchecked because everything below the mark is only touched on the loop's own thread.
final class ClientLoop: @unchecked Sendable {
  private enum Command {
    case start(UInt64, HTTPRequest, @Sendable (HTTPEvent) -> Void)
    case cancel(UInt64)
  }

  private struct Inbox {
    var commands: [Command] = []
    var nextNumber: UInt64 = 1
    var inFlight = 0
    var stopped = false
    var thread: NamedThread.Handle?
    var threadNumber: pthread_t?
  }

  private static let library: Bool = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

  private let inbox = Lock(Inbox())
  private let options: HTTPClientOptions
  private let poller: Poller?

  // MARK: only on the loop's thread

  /// Those that go first are filled first, so that few requests share few connections. One that has been idle for long is
  /// no more, and leaves its place.
  private var branches: [ClientBranch?] = []
  private var transfers: [UInt64: ClientTransfer] = [:]
  private var deadlines = DeadlineHeap()
  private var watched: Set<Int32> = []
  private var handles: EasyHandles
  private let clock = ClientClock()

  private init(_ options: HTTPClientOptions) {
    self.options = options
    poller = Self.library ? Poller() : nil
    handles = EasyHandles(options)
  }

  static func started(_ options: HTTPClientOptions) -> ClientLoop {
    let loop = ClientLoop(options)
    let handle = NamedThread.start("http-client") { loop.run() }
    loop.inbox.withLock { $0.thread = handle }
    return loop
  }

  // MARK: from any thread

  var inFlight: Int { inbox.withLock { $0.inFlight } }

  func start(_ request: HTTPRequest, _ on: @escaping @Sendable (HTTPEvent) -> Void) -> UInt64 {
    let (number, isFirst) = inbox.withLock { inbox -> (UInt64?, Bool) in
      guard !inbox.stopped else { return (nil, false) }
      let number = inbox.nextNumber
      inbox.nextNumber += 1
      inbox.inFlight += 1
      inbox.commands.append(.start(number, request, on))
      return (number, inbox.commands.count == 1)
    }
    guard let number else {
      on(.failed(.clientStopped))
      return 0
    }
    if isFirst { wake() }
    return number
  }

  func cancel(_ number: UInt64) {
    let isFirst = inbox.withLock { inbox in
      guard !inbox.stopped else { return false }
      inbox.commands.append(.cancel(number))
      return inbox.commands.count == 1
    }
    if isFirst { wake() }
  }

  private func wake() {
    guard let poller else { return }
    Turn.atEnd(poller) { poller.wake() }
  }

  func stop() {
    let (thread, isSelf) = inbox.withLock { inbox in
      inbox.stopped = true
      return (inbox.thread, inbox.threadNumber.map { pthread_equal($0, pthread_self()) != 0 } ?? false)
    }
    poller?.wake()
    // whoever ends the client from within one of its events cannot wait for that event to return
    if !isSelf { thread?.join() }
  }

  // MARK: the loop

  private func run() {
    // libcurl writes to sockets that may be closed; the signal would end the process
    var broken = sigset_t()
    sigemptyset(&broken)
    sigaddset(&broken, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &broken, nil)
    inbox.withLock { $0.threadNumber = pthread_self() }
    while Turn.run({ takeCommands() }) {
      Turn.run {
        endExpired()
        reportEnded()
      }
      guard let poller else {
        usleep(10_000)
        continue
      }
      let events = poller.wait(nextWait())
      clock.look()
      Turn.run {
        for event in events { happened(event) }
        for branch in branches { branch?.callInTime() }
        reportEnded()
      }
      closeIdle()
    }
    for transfer in transfers.values { finish(transfer, .failed(.clientStopped)) }
    handles.free()
    for branch in branches { branch?.free() }
  }

  private func happened(_ event: Poller.Event) {
    var flags: Int32 = 0
    if event.happened.contains(.read) { flags |= CURL_CSELECT_IN }
    if event.happened.contains(.write) { flags |= CURL_CSELECT_OUT }
    if !event.happened.isDisjoint(with: .broken) { flags |= CURL_CSELECT_ERR }
    let (branch, socket) = Self.parts(event.key)
    branches[branch]?.happened(socket, flags)
  }

  private func nextWait() -> Duration? {
    var next = deadlines.first
    for branch in branches {
      guard let timer = branch?.timer else { continue }
      next = next.map { min($0, timer) } ?? timer
    }
    return next.map { max(.zero, $0 - .now) }
  }

  /// Of several branches those without requests are given up when their connections have grown too old.
  private func closeIdle() {
    for place in branches.indices.dropFirst() {
      guard let branch = branches[place], let since = branch.idleSince, since + options.idleConnection < clock.now
      else { continue }
      branches[place] = nil
      branch.free()
    }
  }

  /// A branch that has room for one more; nil: none can be made.
  private func branch() -> ClientBranch? {
    if let known = branches.first(where: { $0?.hasRoom ?? false }) { return known }
    let place = branches.firstIndex { $0 == nil } ?? branches.count
    guard poller != nil, let new = ClientBranch(place, loop: self, connections: options.connections) else { return nil }
    if place < branches.count { branches[place] = new } else { branches.append(new) }
    return new
  }

  /// False when the client has been stopped.
  private func takeCommands() -> Bool {
    let (commands, stopped) = inbox.withLock { inbox in
      defer { inbox.commands = [] }
      return (inbox.commands, inbox.stopped)
    }
    if !commands.isEmpty { clock.look() }
    for command in commands {
      switch command {
      case .start(let number, let request, let on): begin(number, request, on, stopped)
      case .cancel(let number): transfers[number].map { finish($0, .failed(.cancelled)) }
      }
    }
    return !stopped
  }

  private func begin(
    _ number: UInt64, _ request: HTTPRequest, _ on: @escaping @Sendable (HTTPEvent) -> Void, _ stopped: Bool
  ) {
    func refuse(_ error: HTTPError) {
      inbox.withLock { $0.inFlight -= 1 }
      on(.failed(error))
    }
    guard !stopped else { return refuse(.clientStopped) }
    guard transfers.count < options.transfers else { return refuse(.busy(limit: options.transfers)) }
    guard let branch = branch() else {
      return refuse(.other("the HTTP client could not be started; raise ulimit -n"))
    }
    let transfer: ClientTransfer
    do throws(HTTPError) {
      transfer = try ClientTransfer(
        number, request, handles.take(), branch, clock: clock, headerLimit: options.headerBytes, peers: options.peers,
        on)
    } catch { return refuse(error) }
    transfers[number] = transfer
    branch.began()
    transfer.onFirstByte = { [unowned self, unowned transfer] in plan(transfer) }
    plan(transfer)
    if let error = branch.add(transfer.handle) { finish(transfer, .failed(error)) }
  }

  private func plan(_ transfer: ClientTransfer) {
    if let (deadline, _) = transfer.deadline { deadlines.add(deadline, transfer.number) }
  }

  private func endExpired() {
    let now = clock.now
    while let number = deadlines.take(until: now) {
      guard let transfer = transfers[number], let (deadline, bound) = transfer.deadline else { continue }
      if deadline <= now { finish(transfer, .failed(.timeout(bound))) } else { deadlines.add(deadline, number) }
    }
    // short requests with long bounds would leave an entry each
    if deadlines.count > 4 * transfers.count + 1_024 { deadlines.keep { transfers[$0] != nil } }
  }

  private func reportEnded() {
    for case let branch? in branches where branch.count > 0 {
      var code = CURLE_OK
      while let handle = conclave_curl_ended(branch.multi, &code) {
        guard let owner = conclave_curl_owner(handle) else { continue }
        let transfer = Unmanaged<ClientTransfer>.fromOpaque(owner).takeUnretainedValue()
        finish(transfer, transfer.end(code))
      }
    }
  }

  /// Takes a transfer out of its branch and tells its end.
  private func finish(_ transfer: ClientTransfer, _ event: HTTPEvent) {
    guard transfers.removeValue(forKey: transfer.number) != nil else { return }
    transfer.branch.ended(transfer.handle, clock.now)
    transfer.free()
    handles.giveBack(transfer.handle)
    inbox.withLock { $0.inFlight -= 1 }
    transfer.on(event)
  }

  // MARK: what libcurl wants, on the loop's thread

  func watch(_ socket: Int32, _ interest: Poller.Interest, _ branch: ClientBranch) {
    guard let poller else { return }
    let key = Self.key(branch.number, socket)
    if watched.contains(socket) {
      _ = poller.change(socket, interest, key: key) || poller.add(socket, interest, key: key)
    } else {
      watched.insert(socket)
      _ = poller.add(socket, interest, key: key) || poller.change(socket, interest, key: key)
    }
  }

  func unwatch(_ socket: Int32) {
    guard watched.remove(socket) != nil else { return }
    poller?.remove(socket)
  }

  /// What epoll brings back with an event.
  private static func key(_ branch: Int, _ socket: Int32) -> UInt64 {
    UInt64(branch) << 32 | UInt64(UInt32(bitPattern: socket))
  }

  private static func parts(_ key: UInt64) -> (branch: Int, socket: Int32) {
    (Int(key >> 32), Int32(truncatingIfNeeded: key))
  }
}

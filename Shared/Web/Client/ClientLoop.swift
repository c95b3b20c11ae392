internal import CCurl
internal import Glibc
internal import Threads

/// libcurl's multi interface on one thread, driven by epoll, so that its cost grows with what happens and not with how
/// many requests wait. Other threads put commands into an inbox and ring the bell.
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

  private var multi: UnsafeMutableRawPointer?
  private var transfers: [UInt64: ClientTransfer] = [:]
  private var deadlines = DeadlineHeap()
  private var watched: Set<Int32> = []
  /// When libcurl wants to be called at the latest.
  private var timer: ContinuousClock.Instant?
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
    if isFirst { poller?.wake() }
    return number
  }

  func cancel(_ number: UInt64) {
    let isFirst = inbox.withLock { inbox in
      guard !inbox.stopped else { return false }
      inbox.commands.append(.cancel(number))
      return inbox.commands.count == 1
    }
    if isFirst { poller?.wake() }
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
    multi = poller == nil ? nil : curl_multi_init()
    if let multi {
      let owner = Unmanaged.passUnretained(self).toOpaque()
      _ = conclave_curl_multi(multi, clientSocket, clientTimer, owner, options.connections)
    }
    while takeCommands() {
      endExpired()
      reportEnded()
      guard let poller, let multi else {
        usleep(10_000)
        continue
      }
      let events = poller.wait(nextWait())
      clock.look()
      for event in events {
        var flags: Int32 = 0
        if event.happened.contains(.read) { flags |= CURL_CSELECT_IN }
        if event.happened.contains(.write) { flags |= CURL_CSELECT_OUT }
        if !event.happened.isDisjoint(with: .broken) { flags |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, Int32(truncatingIfNeeded: event.key), flags, &running)
      }
      if let timer, timer <= .now { callLibrary(multi) }
      reportEnded()
    }
    for transfer in transfers.values { finish(transfer, .failed(.clientStopped)) }
    handles.free()
    if let multi { curl_multi_cleanup(multi) }
  }

  private func callLibrary(_ multi: UnsafeMutableRawPointer) {
    timer = nil
    var running: Int32 = 0
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
  }

  private func nextWait() -> Duration? {
    guard let first = deadlines.first else { return timer.map { max(.zero, $0 - .now) } }
    return max(.zero, (timer.map { min($0, first) } ?? first) - .now)
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
    guard let multi else { return refuse(.other("the HTTP client could not be started; raise ulimit -n")) }
    guard transfers.count < options.transfers else { return refuse(.busy(limit: options.transfers)) }
    let transfer: ClientTransfer
    do throws(HTTPError) {
      transfer = try ClientTransfer(
        number, request, handles.take(), clock: clock, headerLimit: options.headerBytes, peers: options.peers, on)
    } catch { return refuse(error) }
    transfers[number] = transfer
    transfer.onFirstByte = { [unowned self, unowned transfer] in plan(transfer) }
    plan(transfer)
    let code = curl_multi_add_handle(multi, transfer.handle)
    if code != CURLM_OK { finish(transfer, .failed(.other(String(cString: curl_multi_strerror(code))))) }
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
    guard let multi else { return }
    var code = CURLE_OK
    while let handle = conclave_curl_ended(multi, &code) {
      guard let owner = conclave_curl_owner(handle) else { continue }
      let transfer = Unmanaged<ClientTransfer>.fromOpaque(owner).takeUnretainedValue()
      finish(transfer, transfer.end(code))
    }
  }

  /// Takes a transfer out of libcurl, which closes its connection where the answer was not complete, and tells its end.
  private func finish(_ transfer: ClientTransfer, _ event: HTTPEvent) {
    guard transfers.removeValue(forKey: transfer.number) != nil else { return }
    if let multi { curl_multi_remove_handle(multi, transfer.handle) }
    transfer.free()
    handles.giveBack(transfer.handle)
    inbox.withLock { $0.inFlight -= 1 }
    transfer.on(event)
  }

  // MARK: what libcurl wants, on the loop's thread

  func watch(_ socket: Int32, _ interest: Poller.Interest) {
    guard let poller else { return }
    let key = UInt64(UInt32(bitPattern: socket))
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

  func setTimer(milliseconds: Int) {
    timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
  }
}

internal import Threads

/// Looks after what libmicrohttpd does not: a client that hangs up while its connection is laid aside, and requests that
/// arrive too slowly. One thread with an epoll set of its own; it is told of a hang-up by the kernel, so that costs
/// nothing while nothing happens.
final class ConnectionWatch: Sendable {
  private struct State {
    var connections: [UInt64: ServerConnection] = [:]
    var stopped = false
  }

  private let state = Lock(State())
  private let poller: Poller
  private let interval: Duration
  private let thread = Lock<NamedThread.Handle?>(nil)
  /// Told of each that is too slow, with the request whose body does not come: what it is sent.
  private let tooSlow: @Sendable (Exchange?) -> [UInt8]

  /// `interval` is how late a connection may be shut down.
  init(interval: Duration, tooSlow: @escaping @Sendable (Exchange?) -> [UInt8]) throws(HTTPServerError) {
    guard let poller = Poller() else { throw .cannotStart("no descriptors left for its watch; raise ulimit -n") }
    self.poller = poller
    self.interval = interval
    self.tooSlow = tooSlow
  }

  func start() {
    let handle = NamedThread.start("http-watch") { [self] in run() }
    thread.withLock { $0 = handle }
  }

  func stop() {
    state.withLock { $0.stopped = true }
    poller.wake()
    let handle = thread.withLock { $0 }
    handle?.join()
  }

  var count: Int { state.withLock { $0.connections.count } }
  var connections: [ServerConnection] { state.withLock { Array($0.connections.values) } }

  func add(_ connection: ServerConnection) {
    let isFirst = state.withLock { state in
      state.connections[connection.number] = connection
      return state.connections.count == 1
    }
    // where the kernel has no room for it the connection still works, only its hang-up is seen late
    _ = poller.add(connection.socket, [.hangUp, .once], key: connection.number)
    if isFirst { poller.wake() }
  }

  func arm(_ connection: ServerConnection) {
    _ = poller.change(connection.socket, [.hangUp, .once], key: connection.number)
  }

  func remove(_ connection: ServerConnection) {
    state.withLock { _ = $0.connections.removeValue(forKey: connection.number) }
    poller.remove(connection.socket)
  }

  private func run() {
    var nextSweep = ContinuousClock.now
    while true {
      let (stopped, idle) = state.withLock { ($0.stopped, $0.connections.isEmpty) }
      if stopped { return }
      for event in poller.wait(idle ? nil : interval) {
        state.withLock { $0.connections[event.key] }?.hungUp()
      }
      let now = ContinuousClock.now
      if now >= nextSweep {
        for connection in connections { connection.enforce(now, farewell: tooSlow) }
        nextSweep = now + interval
      }
    }
  }
}

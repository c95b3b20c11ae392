internal import CMicrohttpd
internal import Glibc
internal import Telemetry
internal import Threads

/// libmicrohttpd's daemon: one thread with one epoll set for all connections. Owned here and freed in `stop`.
// Unchecked because the daemon's pointer is only used by the one caller of `stop` that came first.
final class ServerDaemon: @unchecked Sendable {
  let gate: ServerGate
  private let daemon: OpaquePointer
  private let isStopped = Lock(false)
  private let logTarget: UnsafeMutablePointer<conclave_mhd_log>
  private let owner: Unmanaged<ServerGate>

  /// Takes the listening socket over, also where it fails.
  init(_ listener: ListeningSocket, _ gate: ServerGate, _ limits: HTTPServerLimits, _ log: Log) throws(HTTPServerError)
  {
    self.gate = gate
    owner = Unmanaged.passRetained(gate)
    logTarget = .allocate(capacity: 1)
    logTarget.initialize(to: conclave_mhd_log(write: serverLog, owner: owner.toOpaque()))
    gate.watch.start()
    var settings = conclave_mhd_settings(
      listener: listener.descriptor, connections: UInt32(clamping: limits.connections),
      idle_seconds: UInt32(clamping: max(1, limits.idleTime.components.seconds)),
      // libmicrohttpd clears all of it between two requests, so every connection that is kept costs this much
      connection_memory: max(16 * 1024, limits.headerBytes + 8 * 1024), log: logTarget, owner: owner.toOpaque(),
      access: serverAccess, completed: serverCompleted, connection: serverConnection)
    guard let started = conclave_mhd_start(&settings) else {
      close(listener.descriptor)
      gate.watch.stop()
      Self.release(owner, logTarget)
      throw .cannotStart("libmicrohttpd refused; look at its line in the log, and raise ulimit -n where it is low")
    }
    daemon = started
  }

  func stop(within: Duration) {
    let isFirst = isStopped.withLock { stopped in
      defer { stopped = true }
      return !stopped
    }
    guard isFirst else { return }
    gate.drain()
    let listener = MHD_quiesce_daemon(daemon)
    if listener >= 0 { close(listener) }
    let deadline = ContinuousClock.now + within
    while gate.openRequests > 0, ContinuousClock.now < deadline { usleep(2_000) }
    gate.stop()
    MHD_stop_daemon(daemon)
    gate.watch.stop()
    Self.release(owner, logTarget)
  }

  private static func release(
    _ owner: Unmanaged<ServerGate>, _ logTarget: UnsafeMutablePointer<conclave_mhd_log>
  ) {
    owner.release()
    logTarget.deinitialize(count: 1)
    logTarget.deallocate()
  }
}

internal import Glibc
internal import Threads

/// An open connection and what it is waiting for. Its socket is closed by libmicrohttpd, after `closed()`; until then
/// the watch may shut it down.
final class ServerConnection: Sendable {
  enum Phase {
    /// For the headers of a request, at the latest then.
    case request(until: ContinuousClock.Instant)
    case body(until: ContinuousClock.Instant)
    case answer(Exchange)
    case closed
  }

  let number: UInt64
  let socket: Int32
  private let phase: Lock<Phase>
  private let watch: ConnectionWatch

  init(number: UInt64, socket: Int32, watch: ConnectionWatch, headersUntil: ContinuousClock.Instant) {
    self.number = number
    self.socket = socket
    self.watch = watch
    phase = Lock(.request(until: headersUntil))
  }

  /// False where the connection was shut down in the meantime.
  func enter(_ next: Phase) -> Bool {
    phase.withLock { phase in
      if case .closed = phase { return false }
      phase = next
      return true
    }
  }

  func closed() {
    _ = enter(.closed)
    watch.remove(self)
  }

  var exchange: Exchange? {
    phase.withLock { phase in
      if case .answer(let exchange) = phase { exchange } else { nil }
    }
  }

  /// From now on a hang-up is told to the exchange that is under way.
  func watchForHangUp() { watch.arm(self) }

  /// Shuts the connection down where its time is over. The lock keeps libmicrohttpd from closing the socket meanwhile;
  /// neither call waits.
  func enforce(_ now: ContinuousClock.Instant) -> Bool {
    phase.withLock { phase in
      switch phase {
      case .request(let until) where until <= now: break
      case .body(let until) where until <= now:
        Refusal.tooSlow.withUnsafeBytes { bytes in
          _ = send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
      default: return false
      }
      phase = .closed
      shutdown(socket, Int32(SHUT_RDWR))
      return true
    }
  }
}

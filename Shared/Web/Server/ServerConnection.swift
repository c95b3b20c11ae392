internal import Glibc
internal import Threads

/// An open connection and what it is waiting for. Its socket is closed by libmicrohttpd, after `closed()`; until then
/// the watch may shut it down.
final class ServerConnection: Sendable {
  enum Phase {
    /// For the headers of a request, at the latest then.
    case request(until: ContinuousClock.Instant)
    case body(until: ContinuousClock.Instant, Exchange)
    case answer(Exchange)
    case closed
  }

  let number: UInt64
  let socket: Int32
  private struct State {
    var phase: Phase
    /// The client has closed its sending side.
    var isHalfClosed = false
  }

  private let state: Lock<State>
  private let watch: ConnectionWatch

  init(number: UInt64, socket: Int32, watch: ConnectionWatch, headersUntil: ContinuousClock.Instant) {
    self.number = number
    self.socket = socket
    self.watch = watch
    state = Lock(State(phase: .request(until: headersUntil)))
  }

  /// False where the connection was shut down in the meantime.
  func enter(_ next: Phase) -> Bool {
    state.withLock { state in
      if case .closed = state.phase { return false }
      state.phase = next
      return true
    }
  }

  func closed() {
    _ = enter(.closed)
    watch.remove(self)
  }

  var exchange: Exchange? {
    state.withLock { state in
      if case .answer(let exchange) = state.phase { exchange } else { nil }
    }
  }

  /// From now on a hang-up is told to the exchange that is under way.
  func watchForHangUp() { watch.arm(self) }

  /// The kernel says that the client will send nothing more.
  func hungUp() {
    let exchange = state.withLock { state -> Exchange? in
      state.isHalfClosed = true
      if case .answer(let exchange) = state.phase { return exchange }
      remind(state)
      return nil
    }
    exchange?.hangUp()
  }

  /// Shuts the connection down while it is still this exchange's.
  func cut(_ exchange: Exchange) {
    state.withLock { state in
      if case .answer(let current) = state.phase, current === exchange { shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  /// Shuts the connection down where its time is over. The lock keeps libmicrohttpd from closing the socket meanwhile;
  /// neither call waits.
  ///
  /// `farewell` says what is sent to one whose body did not come; it is asked before the lock is taken.
  func enforce(_ now: ContinuousClock.Instant, farewell: (Exchange?) -> [UInt8]) {
    let (isDue, slow) = state.withLock { state -> (Bool, Exchange?) in
      switch state.phase {
      case .request(let until) where until <= now: return (true, nil)
      case .body(let until, let exchange) where until <= now: return (true, exchange)
      default:
        remind(state)
        return (false, nil)
      }
    }
    guard isDue else { return }
    let last = farewell(slow)
    state.withLock { state in
      switch state.phase {
      case .request(let until) where until <= now: break
      case .body(_, let exchange) where exchange === slow:
        last.withUnsafeBytes { bytes in
          _ = send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
      default: return
      }
      state.phase = .closed
      shutdown(socket, Int32(SHUT_RDWR))
    }
  }

  /// libmicrohttpd 0.9.75 takes a short read for a socket that is empty, and so misses a farewell that came together
  /// with the last bytes. Shutting down the side that is closed already wakes it, and takes nothing away that has come.
  private func remind(_ state: State) {
    guard state.isHalfClosed else { return }
    switch state.phase {
    case .request, .body: shutdown(socket, Int32(SHUT_RD))
    case .answer, .closed: break
    }
  }
}

internal import Glibc
internal import Threads

/// Takes spans until somebody sends them on. One for each process, as with OpenTelemetry's own; off until it is started,
/// and then it costs nothing.
package final class Tracer: Sendable {
  package static let process = Tracer()

  /// Spans that wait; what comes beyond is counted and dropped, because nothing may wait for a trace.
  package static let most = 20_000

  private struct State {
    var isOn = false
    var spans: [Span] = []
    var dropped = 0
  }

  private let state = Lock(State())

  package init() {}

  package var isOn: Bool { state.withLock { $0.isOn } }

  package func start() { state.withLock { $0.isOn = true } }

  package func record(_ span: Span) {
    state.withLock { state in
      guard state.isOn else { return }
      guard state.spans.count < Self.most else {
        state.dropped += 1
        return
      }
      state.spans.append(span)
    }
  }

  /// The oldest that wait.
  package func take(_ most: Int) -> [Span] {
    state.withLock { state in
      let taken = Array(state.spans.prefix(most))
      state.spans.removeFirst(taken.count)
      return taken
    }
  }

  /// Spans that were dropped since the start.
  package var dropped: Int { state.withLock { $0.dropped } }

  /// Nanoseconds since 1970.
  package static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

internal import Glibc
internal import Threads

/// Runs things later, thousands of them on one thread: a heap of times and a thread that sleeps until the earliest.
final class Alarms: Sendable {
  typealias Body = @Sendable () -> Void

  private struct State {
    var heap = AlarmHeap<Body>()
    var stopped = false
  }

  private let state = Lock(State())
  /// Wakes the thread when something earlier than all else was set.
  private let bell: Bell
  private let thread: Lock<NamedThread.Handle?> = Lock(nil)

  init() {
    bell = Bell()
    let (state, bell) = (state, bell)
    let handle = NamedThread.start("alarms") { Alarms.run(state, bell) }
    thread.withLock { $0 = handle }
  }

  var waiting: Int { state.withLock { $0.heap.count } }

  /// Runs `body` on the timers' thread so many milliseconds from now. It must not block.
  func after(_ milliseconds: Int, _ body: @escaping Body) {
    at(Alarms.now() &+ Int64(milliseconds) * 1_000_000, body)
  }

  /// The same at that time of `now()`.
  func at(_ due: Int64, _ body: @escaping Body) {
    let ring = state.withLock { state -> Bool in
      guard !state.stopped else { return false }
      state.heap.insert(body, due: due)
      return state.heap.earliest == due
    }
    if ring { bell.ring() }
  }

  /// Ends the thread; what was still to come does not happen.
  func stop() {
    let left = state.withLock { state -> [Body] in
      state.stopped = true
      return state.heap.removeAll()
    }
    // Let go of outside of the lock: a body may hold the last reference to something with a lock of its own.
    withExtendedLifetime(left) {}
    bell.ring()
    let handle = thread.withLock { handle in
      defer { handle = nil }
      return handle
    }
    handle?.join()
  }

  /// Nanoseconds on a clock that only goes forward.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private static func run(_ state: Lock<State>, _ bell: Bell) {
    while true {
      let now = now()
      let (due, next, stopped) = state.withLock { state in
        (state.heap.removeDue(now), state.heap.earliest, state.stopped)
      }
      if stopped { return }
      for body in due { body() }
      if due.isEmpty { bell.wait(until: next) }
    }
  }
}

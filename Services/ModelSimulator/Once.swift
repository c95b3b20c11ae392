internal import Threads

/// Runs something the first time it is asked to, from whichever thread.
final class Once: Sendable {
  /// A closure in a struct: a bare one behind a generic `inout` is wrapped once more by every access, and a chain of
  /// thousands of wrappings overflows the stack when it is let go.
  private struct Body {
    let run: @Sendable () -> Void
  }

  private struct State {
    var body: Body?
    var held: (any AnyObject & Sendable)?
  }

  private let state: Lock<State>

  init(_ body: @escaping @Sendable () -> Void) { state = Lock(State(body: Body(run: body))) }

  var isOver: Bool { state.withLock { if case nil = $0.body { true } else { false } } }

  /// Keeps something alive until it has run.
  func hold(_ object: some AnyObject & Sendable) {
    state.withLock { if case .some = $0.body { $0.held = object } }
  }

  func run() {
    let last = state.withLock { state in
      defer { state = State() }
      return state
    }
    last.body?.run()
  }
}

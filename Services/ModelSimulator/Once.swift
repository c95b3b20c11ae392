internal import Threads

/// Runs something the first time it is asked to, from whichever thread.
final class Once: Sendable {
  private let body: Lock<(@Sendable () -> Void)?>

  init(_ body: @escaping @Sendable () -> Void) { self.body = Lock(body) }

  var isOver: Bool { body.withLock { $0 == nil } }

  func run() {
    let body = body.withLock { body in
      defer { body = nil }
      return body
    }
    body?()
  }
}

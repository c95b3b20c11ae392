internal import Glibc

/// A thread with a name, for a loop that blocks in C. Such a loop never runs on the cooperative pool, nor on a
/// concurrent dispatch queue: on two cores either stops everything else after two or three of them.
package enum NamedThread {
  /// The running thread, to be waited for by whoever started it.
  // Unchecked because `pthread_t` is a plain number that may be joined from any thread, once.
  package final class Handle: @unchecked Sendable {
    private let state: Lock<pthread_t?>

    fileprivate init(_ thread: pthread_t) { state = Lock(thread) }

    /// Returns when the thread has ended. Waiting a second time returns at once.
    package func join() {
      let thread = state.withLock { thread in
        defer { thread = nil }
        return thread
      }
      if let thread { pthread_join(thread, nil) }
    }

    deinit {
      if let thread = state.withLock({ $0 }) { pthread_detach(thread) }
    }
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts `body` on a thread of its own. Linux keeps the first 15 bytes of the name.
  package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Handle {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        // pthread_setname_np is hidden from Swift behind _GNU_SOURCE; the kernel takes the name from here as well
        if let name = fopen("/proc/thread-self/comm", "w") {
          fputs(start.name, name)
          fclose(name)
        }
        start.body()
        return nil
      }, start.toOpaque())
    precondition(status == 0, "a thread could not be started: \(status)")
    return Handle(thread)
  }
}

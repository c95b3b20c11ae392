internal import Glibc
internal import Threads

/// SIGTERM and SIGINT, taken by whoever waits instead of by a handler in the middle of anything.
package struct StopSignals {
  private let set: sigset_t

  /// Blocks both for this thread and for all that it starts from now on. A connection that broke is no reason to die
  /// either.
  init() {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
    self.set = set
  }

  /// Whether one came that nobody has taken yet: for whoever waits for something before the service runs.
  package static var isPending: Bool {
    var pending = sigset_t()
    sigpending(&pending)
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1
  }

  /// The name of the signal that came.
  func wait() -> String {
    var set = set
    var number: Int32 = 0
    while sigwait(&set, &number) != 0 {}
    return number == SIGINT ? "SIGINT" : "SIGTERM"
  }

  /// Whoever asks a second time does not want to wait for the end of the first.
  func endAtNext() {
    _ = NamedThread.start("second-signal") { [self] in
      _ = wait()
      _exit(1)
    }
  }
}

internal import Threads

/// Lets another thread end what runs.
final class StopFlag: Sendable {
  private let isSet = Lock(false)

  var isStopped: Bool { isSet.withLock { $0 } }

  func stop() { isSet.withLock { $0 = true } }
}

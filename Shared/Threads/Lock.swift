internal import Glibc

/// A value that one thread at a time may touch.
///
/// A pthread mutex at a stable address rather than `Synchronization.Mutex`: on Swift 6.3 for Linux that one reports false
/// races under the thread sanitizer and collapses when more threads contend than there are cores.
///
/// Nothing is resumed, freed or called inside the lock: `body` returns what to do, and the caller does it afterwards.
// Unchecked because the compiler cannot see that `value` is only reached with the mutex held.
package final class Lock<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  package init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    let status = pthread_mutex_init(mutex, nil)
    precondition(status == 0, "a mutex could not be made: \(status)")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deinitialize(count: 1)
    mutex.deallocate()
  }

  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}

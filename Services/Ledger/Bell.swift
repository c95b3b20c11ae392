internal import Glibc

/// Wakes one waiting thread for each ring.
// Unchecked because everything is reached with the mutex held.
final class Bell: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let rung = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var rings = 0
  private var isClosed = false

  init() {
    mutex.initialize(to: pthread_mutex_t())
    rung.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(rung, nil)
  }

  deinit {
    pthread_cond_destroy(rung)
    pthread_mutex_destroy(mutex)
    rung.deallocate()
    mutex.deallocate()
  }

  func ring() {
    pthread_mutex_lock(mutex)
    rings += 1
    pthread_cond_signal(rung)
    pthread_mutex_unlock(mutex)
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(rung)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for a ring; false once it is closed and every ring was heard.
  func wait() -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while rings == 0, !isClosed { pthread_cond_wait(rung, mutex) }
    guard rings > 0 else { return false }
    rings -= 1
    return true
  }
}

internal import Glibc

/// Wakes a thread that sleeps, or lets it sleep to the microsecond.
// Unchecked because everything is reached with the mutex held.
final class Bell: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let rung = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isRung = false

  init() {
    mutex.initialize(to: pthread_mutex_t())
    rung.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // the clock of `Alarms.now()`
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(rung, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(rung)
    pthread_mutex_destroy(mutex)
    rung.deallocate()
    mutex.deallocate()
  }

  func ring() {
    pthread_mutex_lock(mutex)
    isRung = true
    pthread_cond_signal(rung)
    pthread_mutex_unlock(mutex)
  }

  /// Returns when it rings, or at that time of `Alarms.now()`; nil waits for the bell alone.
  func wait(until due: Int64?) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var isOver = false
    while !isRung, !isOver {
      if let due {
        var time = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
        isOver = pthread_cond_timedwait(rung, mutex, &time) == ETIMEDOUT
      } else {
        pthread_cond_wait(rung, mutex)
      }
    }
    isRung = false
  }
}

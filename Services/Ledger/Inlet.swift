internal import Glibc

/// What was read and is not written yet. Bounded: whoever reads waits for room, and what waits in the log costs nothing.
// Unchecked because everything is reached with the mutex held.
final class Inlet: @unchecked Sendable {
  /// The most that waits, in records and in bytes.
  static let mostRecords = 20_000
  static let mostBytes = 64 << 20

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var entries: [Entry] = []
  private var bytes = 0
  private var isClosed = false

  init() {
    mutex.initialize(to: pthread_mutex_t())
    changed.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Waits for room, unless it was closed: then the records are read again at the next start.
  func put(_ new: [Entry]) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isClosed, entries.count >= Self.mostRecords || bytes >= Self.mostBytes { pthread_cond_wait(changed, mutex) }
    guard !isClosed else { return }
    entries.append(contentsOf: new)
    for entry in new { bytes += entry.size }
    pthread_cond_broadcast(changed)
  }

  /// Everything that waits; waits itself until there is something, at most so long where that is given. Nil when it was
  /// closed and is empty.
  func take(within milliseconds: Int? = nil) -> [Entry]? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if let milliseconds {
      var until = timespec()
      clock_gettime(CLOCK_REALTIME, &until)
      until.tv_sec += milliseconds / 1000
      var status: Int32 = 0
      while entries.isEmpty, !isClosed, status == 0 { status = pthread_cond_timedwait(changed, mutex, &until) }
      if entries.isEmpty, !isClosed { return [] }
    }
    while entries.isEmpty, !isClosed { pthread_cond_wait(changed, mutex) }
    guard !entries.isEmpty else { return nil }
    let taken = entries
    entries = []
    bytes = 0
    pthread_cond_broadcast(changed)
    return taken
  }

  /// Nothing comes in any more; what is there can still be taken.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  var isOpen: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return !isClosed
  }

  var count: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return entries.count
  }
}

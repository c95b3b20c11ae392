internal import Deliberation
internal import Glibc

/// Lets one thread wait until another has something for it, or until a time.
// Unchecked because the mutex guards the flag, and both stand at addresses that stay.
final class Bell: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() {
    let status = sem_init(semaphore, 0, 0)
    precondition(status == 0, "a semaphore could not be made")
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func ring() { sem_post(semaphore) }

  func wait(until end: Moment) {
    var time = timespec(
      tv_sec: Int(end.milliseconds / 1000), tv_nsec: Int(end.milliseconds % 1000) * 1_000_000)
    while sem_timedwait(semaphore, &time) != 0, errno == EINTR {}
    // rings that came in between are one
    while sem_trywait(semaphore) == 0 {}
  }
}

internal import Glibc

/// One turn of a loop's thread. Much comes at once and is told piece by piece; whoever is to be woken because of it is
/// woken once, when all has been told. A wake-up for each piece would take the core from the thread that tells.
package enum Turn {
  private final class Wakings {
    var all: [(sleeper: ObjectIdentifier, wake: @Sendable () -> Void)] = []
  }

  /// Where each thread keeps those of its present turn; nil: it is in none.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key, nil)
    precondition(status == 0, "no room for a thread's turn: \(status)")
    return key
  }()

  private static var current: Wakings? {
    pthread_getspecific(key).map { Unmanaged<Wakings>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Runs a turn of this thread; one within another is a part of it. `body` must not wait for anybody whom it wakes.
  @discardableResult
  package static func run<Result>(_ body: () -> Result) -> Result {
    guard current == nil else { return body() }
    let wakings = Wakings()
    pthread_setspecific(key, Unmanaged.passUnretained(wakings).toOpaque())
    let result = body()
    pthread_setspecific(key, nil)
    for waking in wakings.all { waking.wake() }
    return result
  }

  /// Wakes somebody at the end of this thread's turn, once however often it is wanted; at once where it has none.
  package static func atEnd(_ sleeper: AnyObject, _ wake: @escaping @Sendable () -> Void) {
    guard let current else { return wake() }
    let sleeper = ObjectIdentifier(sleeper)
    if !current.all.contains(where: { $0.sleeper == sleeper }) { current.all.append((sleeper, wake)) }
  }
}

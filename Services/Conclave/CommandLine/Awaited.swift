internal import Glibc
internal import Threads

/// Runs what is asynchronous to its end while the calling thread, which is none of the pool's, waits.
///
/// A program whose own first lines are asynchronous gives its main thread away: the runtime parks it in a `sigsuspend`
/// with nothing blocked, and Ctrl-C ends the process there, whatever every other thread has blocked.
func awaited<Value: Sendable>(
  _ body: @escaping @Sendable () async throws(CommandError) -> Value
) throws(CommandError) -> Value {
  let result = Lock<Result<Value, CommandError>?>(nil)
  let bell = Bell()
  Task {
    let outcome: Result<Value, CommandError>
    do throws(CommandError) { outcome = .success(try await body()) } catch { outcome = .failure(error) }
    result.withLock { $0 = outcome }
    bell.ring()
  }
  var isDone = pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
  while true {
    if let outcome = result.withLock({ $0 }) { return try outcome.get() }
    poll(&isDone, 1, -1)
  }
}

internal import Deliberation
internal import Store
internal import Telemetry
internal import Threads

/// Answers of calls that allow it, kept in one file for all callers of this machine. A thread of its own reads and
/// writes, so that a slow disk holds no call up but those that ask for it. What cannot be read is a miss: the cache saves
/// money and decides nothing.
// Unchecked because everything but the inbox is touched by the cache's thread alone.
final class ResponseCache: @unchecked Sendable {
  private enum Job {
    case find(String, seconds: Int, @Sendable ([UInt8]?) -> Void)
    case keep(String, seconds: Int, [UInt8])
  }

  private struct Inbox {
    var jobs: [Job] = []
    var isStopped = false
    var thread: NamedThread.Handle?
  }

  private let options: CacheOptions
  private let log: Log
  private let failures: Counter
  private let size: Gauge
  private let inbox = Lock(Inbox())
  private let bell = Bell()
  private var file: CacheFile?

  /// More than this is not waited for: those calls are made.
  private static let mostWaiting = 20_000

  /// nil where the file cannot be used; the log says why.
  init?(_ options: CacheOptions, log: Log, metrics: Metrics) {
    self.options = options
    self.log = log
    failures = metrics.counter("conclave_cache_failures_total", "Reads and writes of the cache that failed.")
    size = metrics.gauge("conclave_cache_bytes", "Bytes of answers that the cache holds.")
    do throws(StoreError) {
      file = try CacheFile(options, now: Clock.now())
    } catch {
      log.warning("cache.off", ("why", error.description))
      return nil
    }
    let thread = NamedThread.start("cache") { [weak self] in
      while let jobs = self?.next() {
        for job in jobs { self?.perform(job) }
        self?.clear()
      }
    }
    inbox.withLock { $0.thread = thread }
  }

  /// Answers on the cache's thread, or at once where too many ask.
  func find(_ key: String, within seconds: Int, _ answer: @escaping @Sendable ([UInt8]?) -> Void) {
    if !post(.find(key, seconds: seconds, answer)) { answer(nil) }
  }

  func keep(_ key: String, seconds: Int, _ value: [UInt8]) { _ = post(.keep(key, seconds: seconds, value)) }

  /// What was given before is written.
  func stop() {
    let thread = inbox.withLock { inbox in
      inbox.isStopped = true
      return inbox.thread
    }
    bell.ring()
    thread?.join()
  }

  private func post(_ job: Job) -> Bool {
    let isTaken = inbox.withLock { inbox in
      guard !inbox.isStopped, inbox.jobs.count < Self.mostWaiting else { return false }
      inbox.jobs.append(job)
      return true
    }
    if isTaken { bell.ring() }
    return isTaken
  }

  private func clear() {
    attempt { file throws(StoreError) in
      if let bytes = try file.clear(Clock.now()) { size.set(Double(bytes)) }
    }
  }

  /// nil: it is over. Comes back every second also where nobody asks.
  private func next() -> [Job]? {
    let (jobs, isStopped) = inbox.withLock { inbox in
      defer { inbox.jobs = [] }
      return (inbox.jobs, inbox.isStopped)
    }
    guard jobs.isEmpty else { return jobs }
    if isStopped { return nil }
    bell.wait(until: Clock.now() + 1_000)
    return []
  }

  private func perform(_ job: Job) {
    let now = Clock.now()
    switch job {
    case .find(let key, let seconds, let answer):
      var value: [UInt8]?
      attempt { file throws(StoreError) in value = try file.find(key, within: seconds, now: now) }
      answer(value)
    case .keep(let key, let seconds, let value):
      attempt { file throws(StoreError) in
        size.set(Double(try file.keep(key, seconds: seconds, value, now: now)))
      }
    }
  }

  private func attempt(_ body: (CacheFile) throws(StoreError) -> Void) {
    guard let file else { return }
    do throws(StoreError) { try body(file) } catch {
      failures.add()
      log.warning("cache.failed", ("why", error.description))
      // a file that is no database any more is left alone until the next start
      if !error.passes { self.file = nil }
    }
  }
}

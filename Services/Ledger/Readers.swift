internal import Store
internal import Telemetry
internal import Threads

/// Threads that answer questions, each with a connection of its own: they neither wait for the writer nor hold it up.
final class Readers: Sendable {
  /// Questions that may wait; more are told to come again.
  static let most = 500

  typealias Question = @Sendable (Archive) throws(StoreError) -> Void

  private struct State {
    var questions: [Question] = []
    var isClosed = false
  }

  private let state = Lock(State())
  private let bell = Bell()
  private let threads: Lock<[NamedThread.Handle]>

  /// Told of every file that turned out to be damaged.
  private let damaged: @Sendable (String) -> Void

  init(path: String, count: Int, log: Log, damaged: @escaping @Sendable (String) -> Void) {
    self.damaged = damaged
    threads = Lock([])
    for number in 0..<count {
      let thread = NamedThread.start("ledger-read-\(number)") { [self] in run(path, log) }
      threads.withLock { $0.append(thread) }
    }
  }

  /// False where too many wait already.
  func ask(_ question: @escaping Question) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isClosed, state.questions.count < Self.most else { return false }
      state.questions.append(question)
      return true
    }
    if isTaken { bell.ring() }
    return isTaken
  }

  func stop() {
    state.withLock { $0.isClosed = true }
    bell.close()
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  private func run(_ path: String, _ log: Log) {
    var archive: Archive?
    while bell.wait() {
      let question = state.withLock { $0.questions.isEmpty ? nil : $0.questions.removeFirst() }
      guard let question else { continue }
      do throws(StoreError) {
        let open: Archive
        if let archive { open = archive } else { open = try Archive(path) }
        archive = open
        try question(open)
      } catch {
        log.error("ledger.question.failed", ("error", error))
        // whatever was wrong with the connection, the next question has another
        archive = nil
        if error.kind == .corrupt { damaged(error.path) }
      }
    }
  }
}

internal import Glibc
internal import Store
internal import Telemetry
internal import Threads

/// Keeps the full text behind the ledger, on a thread of its own.
final class SearchLoop: Sendable {
  private static let batch = 8_000
  /// Who is further behind goes on at once.
  private static let near = 1_000

  private let thread: NamedThread.Handle
  private let state: Lock<State>
  private let bell: Bell

  private struct State {
    var isStopped = false
    /// Somebody found the file damaged.
    var isDamaged = false
  }

  init(data: String, news: News, meters: Meters, log: Log) {
    let state = Lock(State())
    let bell = Bell()
    let path = SearchFile.path(data: data)
    self.state = state
    self.bell = bell
    thread = NamedThread.start("ledger-search") {
      // on Linux a thread has a priority of its own: the full text follows, and takes what rows and questions leave
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
      var search: SearchFile?
      var archive: Archive?
      while !state.withLock({ $0.isStopped }) {
        let mark = news.mark
        if state.withLock({ state in
          defer { state.isDamaged = false }
          return state.isDamaged
        }) {
          search = nil
          SearchFile.remove(path)
          log.warning("ledger.search.anew", ("file", path))
        }
        do throws(StoreError) {
          let main: Archive
          if let archive { main = archive } else { main = try Archive(LedgerFile.path(data: data)) }
          archive = main
          let texts: SearchFile
          if let search { texts = search } else { texts = try Self.opened(data, main) }
          search = texts
          let count = try texts.follow(main, most: Self.batch)
          let behind = try main.lastSeq - texts.seq
          meters.searched.set(Double(behind))
          if count > 0, behind >= Self.near { continue }
          if try !texts.isPurged {
            // a reader is in the way for a moment
            Pause.milliseconds(200)
            continue
          }
          // many small pieces of an index cost more than a few: people find a text half a second later
          if count > 0, !state.withLock({ $0.isStopped }) { Pause.milliseconds(500) }
        } catch {
          log.warning("ledger.search.waits", ("error", error))
          search = nil
          archive = nil
          if error.kind == .corrupt, error.path == path { state.withLock { $0.isDamaged = true } }
          Pause.milliseconds(1_000)
          continue
        }
        _ = news.wait(after: mark) { bell.ring() }
        _ = bell.wait()
      }
    }
  }

  /// Whoever read the file could not: what it holds is made anew.
  func damaged() {
    state.withLock { $0.isDamaged = true }
    bell.ring()
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    bell.ring()
    thread.join()
  }

  private static func opened(_ data: String, _ main: Archive) throws(StoreError) -> SearchFile {
    let search = try SearchFile(SearchFile.path(data: data))
    // it followed another ledger
    if try search.seq > main.lastSeq { try search.clear() }
    return search
  }
}

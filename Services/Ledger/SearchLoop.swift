internal import Glibc
internal import Store
internal import Telemetry
internal import Threads

/// Keeps the full text behind the ledger, on a thread of its own.
final class SearchLoop: Sendable {
  static let batch = 1_000

  private let thread: NamedThread.Handle
  private let state: Lock<Bool>
  private let bell: Bell

  init(data: String, news: News, meters: Meters, log: Log) {
    let state = Lock(false)
    let bell = Bell()
    self.state = state
    self.bell = bell
    thread = NamedThread.start("ledger-search") {
      // on Linux a thread has a priority of its own: the full text follows, and takes what rows and questions leave
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
      var search: SearchFile?
      var archive: Archive?
      while !state.withLock({ $0 }) {
        let mark = news.mark
        do throws(StoreError) {
          let main: Archive
          if let archive { main = archive } else { main = try Archive(LedgerFile.path(data: data)) }
          archive = main
          let texts: SearchFile
          if let search { texts = search } else { texts = try Self.opened(data, main) }
          search = texts
          let count = try texts.follow(main, most: Self.batch)
          meters.searched.set(Double(try main.lastSeq - texts.seq))
          if count == Self.batch { continue }
        } catch {
          log.warning("ledger.search.waits", ("error", error))
          search = nil
          archive = nil
          Pause.milliseconds(1_000)
          continue
        }
        _ = news.wait(after: mark) { bell.ring() }
        _ = bell.wait()
      }
    }
  }

  func stop() {
    state.withLock { $0 = true }
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

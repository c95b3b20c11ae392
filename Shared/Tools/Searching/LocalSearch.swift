internal import Glibc
internal import Store
internal import Telemetry
internal import Threads

/// Searches a folder of text, Markdown and HTML files: useful without any internet. What is found is named
/// `local:<path below the folder>`, and the first folder of that path counts as its domain.
final class LocalSearch: SearchEngine {
  private enum Answer: Sendable {
    case found([SearchAnswer.Hit])
    case failed(String)
  }

  let name = "local"
  private let folder: String
  /// How old the index may be before the folder is looked through again.
  private let freshness: Duration
  private let workers = Workers("search", threads: 1, queue: 256)
  private let index: Index

  // Unchecked because only jobs of the one worker touch it, one after the other.
  private final class Index: @unchecked Sendable {
    var made: LocalIndex?
    var looked: ContinuousClock.Instant?
    var leftOut = 0
  }

  private let log: Log

  init(folder: String, freshness: Duration = .seconds(10), log: Log = .silent) throws(SearchFailure) {
    var status = stat()
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, access(folder, R_OK | X_OK) == 0 else {
      throw SearchFailure(
        "tools.web_search.folder \"\(folder)\" is no folder that can be read; make it or name another")
    }
    self.folder = folder
    self.freshness = freshness
    self.log = log
    index = Index()
    // made now rather than while a model waits for it
    workers.add { [index, folder] in _ = Self.look(index, folder, .zero, log) }
  }

  /// The first folder of a path; empty for a file that lies in none.
  static func domain(_ path: String) -> String {
    let parts = path.split(separator: "/", maxSplits: 1)
    return parts.count > 1 ? parts[0].lowercased() : ""
  }

  func search(_ query: SearchQuery, within limit: Duration) async throws(SearchFailure) -> SearchAnswer {
    let rule = DomainRule(allowed: query.allowed, refused: query.excluded)
    let answer = await workers.run(within: limit) { [index, folder, freshness, log] in
      if let why = Self.look(index, folder, freshness, log) { return Answer.failed(why) }
      do throws(StoreError) {
        let hits = try index.made?.search(query.text, count: query.count) { rule.admits(Self.domain($0)) }
        return .found(hits ?? [])
      } catch {
        return .failed("the index cannot be searched: \(error.why)")
      }
    }
    switch answer {
    case .done(.found(let hits)): return SearchAnswer(hits: hits)
    case .done(.failed(let why)): throw SearchFailure(why)
    case .full: throw SearchFailure("too many searches wait; try again", .limit)
    case .late: throw SearchFailure("the folder's index was not ready in time; try again", .timeout)
    case .cancelled: throw SearchFailure("stopped")
    }
  }

  /// Why the folder cannot be searched; nil: it can.
  private static func look(_ index: Index, _ folder: String, _ freshness: Duration, _ log: Log) -> String? {
    do throws(StoreError) {
      let made: LocalIndex
      if let index = index.made { made = index } else { made = try LocalIndex(folder: folder) }
      index.made = made
      if let looked = index.looked, ContinuousClock.now - looked < freshness { return nil }
      guard try made.refresh() else { return "the folder that is searched cannot be read" }
      index.looked = .now
      if made.leftOut != index.leftOut {
        index.leftOut = made.leftOut
        log.warning("tools.files_left_out", ("folder", folder), ("files", made.leftOut))
      }
      return nil
    } catch {
      return "the index cannot be made: \(error.why)"
    }
  }
}

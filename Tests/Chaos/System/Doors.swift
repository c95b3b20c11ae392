internal import Deliberation
internal import Threads
internal import Web

/// Asks the services' doors, and waits for the answer.
final class Doors: Sendable {
  let client: HTTPClient

  init() { client = HTTPClient() }

  struct Answer: Sendable {
    var status = 0
    var body: [UInt8] = []
    var took: Duration = .zero
  }

  /// nil: no answer within that time.
  func get(_ url: String, within limit: Duration = .seconds(2)) -> Answer? {
    let result = Lock<Answer?>(nil)
    let isOver = Lock(false)
    let begun = ContinuousClock.now
    let request = HTTPRequest(
      url: url, timeouts: HTTPRequest.Timeouts(connect: limit, total: limit), maxBodyBytes: 4_000_000)
    let partial = Lock(Answer())
    _ = client.start(request) { event in
      switch event {
      case .head(let status, _): partial.withLock { $0.status = status }
      case .body(let bytes): partial.withLock { $0.body += bytes }
      case .done:
        let answer = partial.withLock { answer in
          answer.took = ContinuousClock.now - begun
          return answer
        }
        result.withLock { $0 = answer }
        isOver.withLock { $0 = true }
      case .failed: isOver.withLock { $0 = true }
      }
    }
    _ = eventually(within: limit + .seconds(1), every: .milliseconds(1)) { isOver.withLock { $0 } }
    return result.withLock { $0 }
  }

  func isReady(_ admin: String) -> Bool { get("http://\(admin)/readyz")?.status == 200 }

  func metrics(_ admin: String) -> Scrape? {
    guard let answer = get("http://\(admin)/metrics"), answer.status == 200 else { return nil }
    return Scrape(String(decoding: answer.body, as: UTF8.self))
  }
}

/// What `/metrics` says.
struct Scrape: Sendable {
  private var samples: [(name: String, value: Double)] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else { continue }
      let name = line[..<space].prefix { $0 != "{" && $0 != " " }
      samples.append((String(name), value))
    }
  }

  /// Over all labels; nil where there is no such metric.
  func sum(_ name: String) -> Double? {
    let found = samples.filter { $0.name == name }
    return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
  }
}

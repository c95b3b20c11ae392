internal import Deliberation
internal import Web

extension FusionBench {
  /// The way over the bus of some that were answered, evenly over the time of the load. The ledger may be behind: it is
  /// waited for.
  func path(of answered: [Answered]) async -> FusionPath.Means? {
    let every = max(1, answered.count / FusionPath.sample)
    let some = stride(from: every / 2, to: answered.count, by: every).map { answered[$0] }
    let end = ContinuousClock.now + .seconds(30)
    var paths: [FusionPath] = []
    for one in some {
      while true {
        if let path = await path(of: one) {
          paths.append(path)
          break
        }
        guard ContinuousClock.now < end else { break }
        try? await Task.sleep(for: .milliseconds(200))
      }
    }
    return FusionPath.means(paths)
  }

  private func path(of one: Answered) async -> FusionPath? {
    let request = HTTPRequest(
      url: system.url + "/v1/deliberations/\(one.id)/events", timeouts: HTTPRequest.Timeouts(total: .seconds(10)))
    guard let response = try? await client.send(request), response.status == 200,
      let events = try? JSON.parse(response.body)
    else { return nil }
    return FusionPath(events, asked: one.asked, answered: one.answered)
  }
}

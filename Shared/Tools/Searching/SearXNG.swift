internal import Deliberation
internal import Models
internal import Web

/// A SearXNG instance by its JSON API (`search.formats` of that instance must hold `json`).
struct SearXNG: SearchEngine {
  let name = "searxng"
  let url: String
  let key: Secret?
  let client: HTTPClient

  /// More would make a question that the engines behind it do not take.
  private static let domainsInQuery = 5

  func search(_ query: SearchQuery, within limit: Duration) async throws(SearchFailure) -> SearchAnswer {
    var words = query.text
    // it has no field for domains; the engines behind it know this operator
    let sites = query.allowed.prefix(Self.domainsInQuery).map { "site:\($0)" }
    if !sites.isEmpty { words += " (" + sites.joined(separator: " OR ") + ")" }
    for domain in query.excluded.prefix(Self.domainsInQuery) { words += " -site:\(domain)" }
    var headers = [("accept", "application/json")]
    if let key { headers.append(("authorization", "Bearer \(key.reveal())")) }
    let (json, bytes) = try await EngineRequest.send(
      client, name,
      HTTPRequest(url: "\(url)/search?q=\(EngineRequest.escaped(words))&format=json", headers: headers), within: limit)
    guard let results = json["results"]?.array else { throw SearchFailure("\(name) answered without results") }
    let hits = results.prefix(200).compactMap { result -> SearchAnswer.Hit? in
      guard let url = result["url"]?.string else { return nil }
      return SearchAnswer.Hit(
        url: url, title: result["title"]?.string ?? url, text: result["content"]?.string ?? "",
        host: EngineRequest.host(url))
    }
    return SearchAnswer(hits: hits, receivedBytes: bytes)
  }
}

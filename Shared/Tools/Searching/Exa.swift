internal import Deliberation
internal import Models
internal import Web

/// Exa's search. It says what each one costs.
struct Exa: SearchEngine {
  let name = "exa"
  let url: String
  let key: Secret
  let client: HTTPClient

  func search(_ query: SearchQuery, within limit: Duration) async throws(SearchFailure) -> SearchAnswer {
    var body: JSONObject = [
      "query": .string(query.text), "numResults": .int(Int64(query.count)),
      "contents": ["text": ["maxCharacters": .int(Int64(WebSearch.excerptBytes))]],
    ]
    if !query.allowed.isEmpty { body.append("includeDomains", .array(query.allowed.map(JSON.string))) }
    if !query.excluded.isEmpty { body.append("excludeDomains", .array(query.excluded.map(JSON.string))) }
    let request = HTTPRequest(
      method: "POST", url: "\(url)/search",
      headers: [("content-type", "application/json"), ("accept", "application/json"), ("x-api-key", key.reveal())],
      body: JSON.object(body).bytes)
    let (json, bytes) = try await EngineRequest.send(client, name, request, within: limit)
    guard let results = json["results"]?.array else { throw SearchFailure("\(name) answered without results") }
    let hits = results.prefix(200).compactMap { result -> SearchAnswer.Hit? in
      guard let url = result["url"]?.string else { return nil }
      return SearchAnswer.Hit(
        url: url, title: result["title"]?.string ?? url,
        text: result["text"]?.string ?? result["summary"]?.string ?? "", host: EngineRequest.host(url))
    }
    let cost = json["costDollars"]?["total"]?.number ?? 0
    return SearchAnswer(hits: hits, cost: cost.isFinite && cost > 0 && cost < 100 ? cost : 0, receivedBytes: bytes)
  }
}

internal import Deliberation
internal import Web

/// Asks a gateway, as any HTTP client does.
struct HTTPAsk {
  let url: String
  let key: String?

  /// As long as a deliberation may take at all, and a little.
  static let patience = Duration.seconds(1_815)

  func ask(_ question: AskQuestion, compares: Bool) async throws(CommandError) -> AskOutcome {
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw .usage("--url \"\(url)\" is no http:// address")
    }
    let client = HTTPClient()
    defer { client.shutdown() }
    let fused = try await send(question, client)
    guard compares, fused.isAnswer else { return AskOutcome(fused: fused) }
    let alone = try await send(AskQuestion(text: question.text, model: fused.model), client)
    return AskOutcome(fused: fused, alone: alone)
  }

  private func send(_ question: AskQuestion, _ client: HTTPClient) async throws(CommandError) -> AskAnswer {
    var headers = [("content-type", "application/json")]
    if let key, !key.isEmpty { headers.append(("authorization", "Bearer \(key)")) }
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    let request = HTTPRequest(
      method: "POST", url: base + "/v1/chat/completions", headers: headers, body: question.body.bytes,
      timeouts: HTTPRequest.Timeouts(connect: .seconds(5), total: Self.patience))
    let start = ContinuousClock.now
    let answer: HTTPResponse
    do { answer = try await client.send(request) } catch { throw .failed("\(url) does not answer: \(error)") }
    let body: JSON
    do { body = try JSON.parse(answer.body) } catch {
      throw .failed("\(url) answered \(answer.status) with what is no JSON; is it a gateway's address, without /v1?")
    }
    return AskAnswer(code: answer.status, body: body, milliseconds: (.now - start).milliseconds)
  }
}

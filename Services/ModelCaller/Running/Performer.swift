internal import Deliberation
internal import Models
internal import Web

/// Turns attempts into requests to providers.
final class Performer: Sendable {
  private let client: HTTPClient
  private let providers: [String: ProviderSettings]
  private let upstreamBytes: Int
  private let scrubber: Scrubber

  init(client: HTTPClient, providers: [String: ProviderSettings], upstreamBytes: Int) {
    self.client = client
    self.providers = providers
    self.upstreamBytes = upstreamBytes
    scrubber = Scrubber(providers.values.compactMap(\.key))
  }

  /// Starts a request; its pieces and its end come to the mailbox, its end always.
  func start(_ attempt: Attempt, _ mailbox: Mailbox) -> Exchange {
    let provider = providers[attempt.route.provider]
    let exchange = Exchange(
      attempt,
      reader: AnswerReader(format: provider?.format ?? .openai, scrubber: scrubber, limit: upstreamBytes),
      mailbox: mailbox)
    guard let provider, let body = try? JSON.parse(attempt.command.value) else {
      exchange.refuse(
        ProviderFailure(
          .upstreamError, message: "provider \(attempt.route.provider) is not configured", remedy: .elsewhere))
      return exchange
    }
    guard !exchange.isUnaffordable else {
      exchange.refuse(.overBudget("the question alone costs more than the call may"))
      return exchange
    }
    let left = max(1, attempt.command.deadline - Clock.now())
    let request = ProviderRequest(
      model: attempt.route.name, messages: body["messages"] ?? [], tools: body["tools"],
      parameters: body["parameters"]?.object ?? JSONObject(), responseFormat: body["response_format"],
      streams: provider.streams, headers: Self.headers(attempt))
    let http = provider.request(request, total: .milliseconds(left), maxBodyBytes: upstreamBytes)
    exchange.runs(on: client.start(http) { exchange.happened($0) })
    return exchange
  }

  private static func headers(_ attempt: Attempt) -> [(String, String)] {
    var headers = [
      ("x-conclave-call", attempt.command.call.text), ("x-conclave-execution", attempt.execution),
    ]
    if attempt.command.depth > 0 { headers.append(("x-openrouter-fusion-depth", "\(attempt.command.depth)")) }
    return headers
  }
}

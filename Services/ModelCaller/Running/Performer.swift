internal import Deliberation
internal import Models
internal import Tools
internal import Web

/// Turns attempts into requests to providers.
final class Performer: Sendable {
  private let client: HTTPClient
  private let providers: [String: ProviderSettings]
  private let upstreamBytes: Int
  let toolbox: Toolbox
  private let scrubber: Scrubber

  init(client: HTTPClient, providers: [String: ProviderSettings], upstreamBytes: Int, toolbox: Toolbox) {
    self.client = client
    self.providers = providers
    self.upstreamBytes = upstreamBytes
    self.toolbox = toolbox
    scrubber = Scrubber(providers.values.compactMap(\.key))
  }

  /// A call is given up at its deadline by the table alone, so that no failure of a deadline's stands before it by another
  /// clock; a request has a bound of its own for the case that nobody comes to that.
  private static let afterDeadline: Int64 = 2_000

  /// Starts a request; its pieces and its end come to the mailbox, its end always.
  func start(_ attempt: Attempt, _ mailbox: Mailbox) -> Exchange {
    let provider = providers[attempt.route.provider]
    let exchange = Exchange(
      attempt,
      reader: AnswerReader(format: provider?.format ?? .openai, scrubber: scrubber, limit: upstreamBytes),
      mailbox: mailbox)
    // what goes on as it came is not built
    guard let provider, let body = try? JSONObject(unbuilt: attempt.command.value) else {
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
    let (messages, tools, parameters) = conversation(attempt, body, provider)
    let request = ProviderRequest(
      model: attempt.route.name, messages: messages, tools: tools, parameters: parameters,
      responseFormat: body["response_format"],
      streams: provider.streams, headers: Self.headers(attempt))
    let http = provider.request(
      request, total: .milliseconds(left + Self.afterDeadline), maxBodyBytes: upstreamBytes)
    exchange.runs(on: client.start(http) { exchange.happened($0) })
    return exchange
  }

  /// With what tools have added, and with the functions that the model may call in their place.
  private func conversation(
    _ attempt: Attempt, _ body: JSONObject, _ provider: ProviderSettings
  ) -> (messages: JSON, tools: JSON?, parameters: JSONObject) {
    let command = attempt.command
    var parameters = body["parameters"]?.object ?? JSONObject()
    guard !command.grants.isEmpty else { return (body["messages"] ?? [], body["tools"], parameters) }
    let messages: JSON = .array((body["messages"]?.array ?? []) + attempt.work.messages)
    let own = (body["tools"]?.array ?? []).filter { ToolGrant($0) == nil }
    var tools = own + toolbox.functions(for: command.grants, besides: command.functions)
    if attempt.work.isLast {
      // some take a conversation with calls of functions only together with the functions
      let wantsThem = provider.format == .anthropic || provider.isRouter
      if own.isEmpty, wantsThem { parameters["tool_choice"] = "none" } else { tools = own }
    }
    if tools.isEmpty {
      parameters["tool_choice"] = nil
      parameters["parallel_tool_calls"] = nil
    }
    return (messages, .array(tools), parameters)
  }

  private static func headers(_ attempt: Attempt) -> [(String, String)] {
    var headers = [
      ("x-conclave-call", attempt.command.call.text), ("x-conclave-execution", attempt.execution),
    ]
    if attempt.command.depth > 0 { headers.append(("x-openrouter-fusion-depth", "\(attempt.command.depth)")) }
    return headers
  }
}

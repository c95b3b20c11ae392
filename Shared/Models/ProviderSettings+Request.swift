package import Web

extension ProviderSettings {
  /// Some (Azure's) have a query in their base address, which stays behind the path.
  private func address(_ path: String) -> String {
    guard let query = baseURL.firstIndex(of: "?") else { return baseURL + path }
    return Self.trimmed(String(baseURL[..<query])) + path + baseURL[query...]
  }

  /// The HTTP request that asks this provider, in its format. The key goes into its header here and nowhere else.
  package func request(_ request: ProviderRequest, total: Duration, maxBodyBytes: Int) -> HTTPRequest {
    var request = request
    if !streams { request.streams = false }
    let path: String
    let body: [UInt8]
    var headers = [("content-type", "application/json")]
    switch format {
    case .openai:
      path = OpenAIRequest.path
      body = OpenAIRequest.body(request, forRouter: isRouter)
      headers += OpenAIRequest.headers(key, keyHeader)
    case .anthropic:
      path = AnthropicRequest.path
      body = AnthropicRequest.body(request)
      headers += AnthropicRequest.headers(key)
    }
    headers.append(("accept", request.streams ? "text/event-stream" : "application/json"))
    return HTTPRequest(
      method: "POST", url: address(path), headers: headers + request.headers, body: body,
      timeouts: HTTPRequest.Timeouts(
        connect: min(timeouts.connect, total), firstByte: min(timeouts.firstToken, total),
        // an answer that comes whole is silent until it is there
        idle: request.streams ? timeouts.idle : nil, total: total),
      maxBodyBytes: maxBodyBytes, certificateFile: certificateFile)
  }
}

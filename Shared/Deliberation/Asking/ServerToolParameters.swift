/// What an ask may say about a tool that is run on our side. What is used is checked, since a bound that cannot be read
/// would be no bound; what else OpenRouter's clients send is left alone.
enum ServerToolParameters {
  static let domains = 0...100

  static func check(_ tool: Parameters) throws(AskError) {
    guard let value = tool["parameters"] else { return }
    let parameters = try Parameters(value, path: tool.place("parameters"))
    _ = try parameters.whole("max_results", 1...25)
    _ = try parameters.whole("max_uses", 0...1_000)
    _ = try parameters.whole("max_content_tokens", 1...10_000_000)
    for name in ["allowed_domains", "excluded_domains", "blocked_domains"] {
      for (index, domain) in (try parameters.texts(name, domains) ?? []).enumerated() where domain.isEmpty {
        throw parameters.wrong("\(name)[\(index)]", "must name a domain")
      }
    }
  }
}

import Deliberation
import Models
import Testing

@Suite struct ProviderSettingsTests {
  private func read(_ text: String, _ environment: [String: String] = [:]) throws -> ProviderSettings {
    try ProviderSettings(name: "acme", json: try JSON.parse(text), environment: environment)
  }

  @Test func `a provider is read with its limits, and its key from the variable that it names`() throws {
    let provider = try read(
      #"""
      {"base_url": "https://api.acme.example/v1/", "format": "anthropic", "key_env": "ACME_KEY", "max_concurrency": 7,
       "requests_per_minute": 60, "tokens_per_minute": 5000, "timeouts": {"connect_ms": 10, "idle_ms": 30}}
      """#, ["ACME_KEY": "sk-1234567890"])
    #expect(provider.baseURL == "https://api.acme.example/v1")
    #expect(provider.format == .anthropic)
    #expect(provider.key?.reveal() == "sk-1234567890")
    #expect(provider.isReachable)
    #expect(provider.maxConcurrency == 7)
    #expect(provider.requestsPerMinute == 60)
    #expect(provider.tokensPerMinute == 5000)
    #expect(provider.timeouts.connect == .milliseconds(10))
    #expect(provider.timeouts.firstToken == .milliseconds(60_000))
    #expect(provider.timeouts.idle == .milliseconds(30))
  }

  @Test func `a key is never printed`() throws {
    let provider = try read(#"{"base_url": "http://a/v1", "key_env": "K"}"#, ["K": "sk-very-secret"])
    var dumped = ""
    dump(provider, to: &dumped)
    #expect(!"\(provider) \(String(reflecting: provider)) \(dumped)".contains("very-secret"))
  }

  @Test func `without its key a provider is not reachable, and one that needs none is`() throws {
    #expect(try !read(#"{"base_url": "http://a/v1", "key_env": "K"}"#).isReachable)
    #expect(try !read(#"{"base_url": "http://a/v1", "key_env": "K"}"#, ["K": ""]).isReachable)
    #expect(try read(#"{"base_url": "http://a/v1"}"#).isReachable)
  }

  @Test func `the simulator stands in for every provider`() throws {
    let provider = try read(
      #"{"base_url": "https://real/v1", "format": "anthropic", "key_env": "K", "requests_per_minute": 3}"#,
      ["CONCLAVE_SIMULATOR": "http://127.0.0.1:1234/v1"])
    #expect(provider.baseURL == "http://127.0.0.1:1234/v1")
    #expect(provider.format == .openai)
    #expect(provider.isReachable)
    #expect(provider.requestsPerMinute == nil)
    #expect(provider.key == nil)
  }

  @Test(arguments: [
    ("https://openrouter.ai/api/v1", "", true), ("https://eu.openrouter.ai/api/v1", "", true),
    ("https://openrouter.ai.example/v1", "", false), ("https://proxy.example/openrouter/v1", "", false),
    ("https://proxy.example/openrouter/v1", #", "router": true"#, true),
    ("https://openrouter.ai/api/v1", #", "router": false"#, false),
  ])
  func `a router is known by its host, or by the configuration`(_ base: String, _ more: String, _ isRouter: Bool) throws
  {
    #expect(try read("{\"base_url\": \"\(base)\"\(more)}").isRouter == isRouter)
  }

  @Test func `certificates of one's own and the key's header are settings`() throws {
    let provider = try read(#"{"base_url": "http://a/v1", "ca_file": "/etc/own.pem", "key_header": "api-key"}"#)
    #expect(provider.certificateFile == "/etc/own.pem")
    #expect(provider.keyHeader == "api-key")
  }

  @Test(arguments: [
    ("[]", "providers.acme "), ("{}", "providers.acme.base_url"),
    (#"{"base_url": "ftp://x"}"#, "providers.acme.base_url"),
    (#"{"base_url": "http://user@x"}"#, "providers.acme.base_url"),
    (#"{"base_url": "http://x", "format": "smoke"}"#, "providers.acme.format"),
    (#"{"base_url": "http://x", "max_concurrency": 0}"#, "providers.acme.max_concurrency"),
    (#"{"base_url": "http://x", "router": "yes"}"#, "providers.acme.router"),
    (#"{"base_url": "http://x", "ca_file": 3}"#, "providers.acme.ca_file"),
    (#"{"base_url": "http://x", "key_header": "a b"}"#, "providers.acme.key_header"),
    (#"{"base_url": "http://x", "stream": 1}"#, "providers.acme.stream"),
    (#"{"base_url": "http://x", "key_env": "BAD"}"#, "providers.acme.key_env"),
    (#"{"base_url": "http://x", "timeouts": {"idle_ms": "9"}}"#, "providers.acme.timeouts.idle_ms"),
    (#"{"base_url": "http://x", "timeouts": 3}"#, "providers.acme.timeouts "),
  ])
  func `a wrong setting is refused by its path`(_ text: String, _ path: String) {
    let error = #expect(throws: ProviderSettingsError.self) { try read(text, ["BAD": "one\r\ntwo"]) }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix(path))
    #expect(!"\(error.map { "\($0)" } ?? "")".contains("two"))
  }
}

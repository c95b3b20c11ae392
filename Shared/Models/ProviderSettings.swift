package import Deliberation

/// One provider as the configuration names it: where it is, what it speaks, how hard it may be pressed.
package struct ProviderSettings: Sendable, Equatable {
  package let name: String
  /// Without a slash at its end; the format adds its own path.
  package let baseURL: String
  package let format: ProviderFormat
  /// The variable that holds the key. A provider without one (a server of one's own) needs no key.
  package let keyVariable: String?
  package let key: Secret?
  /// Whether calls can be made: its key is set, or it needs none, or the simulator stands in for it.
  package let isReachable: Bool
  package let maxConcurrency: Int
  package let requestsPerMinute: Int?
  package let tokensPerMinute: Int?
  package let timeouts: ProviderTimeouts
  /// Asked to stream. Off for a server that cannot: then an answer comes whole, and money is only counted at its end.
  package let streams: Bool
  /// A router takes `reasoning` as an object; everyone else knows only `reasoning_effort` and refuses the object.
  package let isRouter: Bool
  /// Certificates to trust instead of the system's: a file in PEM form.
  package let certificateFile: String?
  /// The header that takes the bare key (`api-key` for Azure); nil: `Authorization: Bearer`.
  package let keyHeader: String?

  package static let defaultConcurrency = 256
  package static let simulatorConcurrency = 100_000

  package init(
    name: String, baseURL: String, format: ProviderFormat = .openai, key: Secret? = nil, isReachable: Bool = true,
    maxConcurrency: Int = Self.defaultConcurrency, requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil,
    timeouts: ProviderTimeouts = ProviderTimeouts(), streams: Bool = true, isRouter: Bool? = nil,
    certificateFile: String? = nil, keyHeader: String? = nil
  ) {
    self.name = name
    self.baseURL = Self.trimmed(baseURL)
    self.format = format
    keyVariable = nil
    self.key = key
    self.isReachable = isReachable
    self.maxConcurrency = maxConcurrency
    self.requestsPerMinute = requestsPerMinute
    self.tokensPerMinute = tokensPerMinute
    self.timeouts = timeouts
    self.streams = streams
    self.isRouter = isRouter ?? Self.isRouter(baseURL)
    self.certificateFile = certificateFile
    self.keyHeader = keyHeader
  }

  /// `environment` gives the key, and `CONCLAVE_SIMULATOR` (set by `conclave up` where no key is) puts the simulator in
  /// the place of every provider.
  package init(name: String, json: JSON, environment: [String: String]) throws(ProviderSettingsError) {
    let path = "providers.\(name)"
    guard json.object != nil else { throw .wrong(path, "write an object with base_url and format") }
    self.name = name
    timeouts = try ProviderTimeouts(provider: name, json: json["timeouts"])
    let requests = try Self.count(json, "requests_per_minute", path)
    let tokens = try Self.count(json, "tokens_per_minute", path)
    let concurrency = try Self.count(json, "max_concurrency", path)
    streams = try Self.flag(json, "stream", path) ?? true

    guard let base = json["base_url"]?.string else {
      throw .missing("\(path).base_url", "write the address before /chat/completions or /messages")
    }
    guard base.hasPrefix("http://") || base.hasPrefix("https://") else {
      throw .wrong("\(path).base_url", "start it with http:// or https://")
    }
    guard !base.contains(where: { $0.isWhitespace }), !base.contains("@") else {
      throw .wrong("\(path).base_url", "write it without spaces and without a user name; keys come from key_env")
    }
    let format = try Self.format(json, path)
    isRouter = try Self.flag(json, "router", path) ?? Self.isRouter(base)
    certificateFile = try Self.text(json, "ca_file", path)
    keyHeader = try Self.text(json, "key_header", path)
    if let keyHeader, !keyHeader.utf8.allSatisfy({ Self.isToken($0) }) {
      throw .wrong("\(path).key_header", "write the name of a header, such as api-key")
    }
    // the limits in the file are the real provider's; the simulator takes what the lane gives it
    if let simulator = environment["CONCLAVE_SIMULATOR"], !simulator.isEmpty {
      maxConcurrency = Self.simulatorConcurrency
      requestsPerMinute = nil
      tokensPerMinute = nil
      baseURL = Self.trimmed(simulator)
      self.format = .openai
      keyVariable = nil
      key = nil
      isReachable = true
      return
    }
    maxConcurrency = concurrency ?? Self.defaultConcurrency
    requestsPerMinute = requests
    tokensPerMinute = tokens
    baseURL = Self.trimmed(base)
    self.format = format
    keyVariable = try Self.text(json, "key_env", path)
    key = keyVariable.flatMap { environment[$0] }.flatMap { $0.isEmpty ? nil : Secret($0) }
    isReachable = keyVariable == nil || key != nil
    // a key with a line break would end its header and begin another
    if let key, !key.reveal().utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      throw .wrong("\(path).key_env", "the key in \(keyVariable ?? "") has spaces or characters beyond ASCII")
    }
  }

  private static func format(_ json: JSON, _ path: String) throws(ProviderSettingsError) -> ProviderFormat {
    guard let text = try text(json, "format", path) else { return .openai }
    guard let format = ProviderFormat(rawValue: text) else {
      throw .wrong("\(path).format", "write openai or anthropic")
    }
    return format
  }

  private static func text(_ json: JSON, _ name: String, _ path: String) throws(ProviderSettingsError) -> String? {
    guard let value = json[name] else { return nil }
    guard let text = value.string, !text.isEmpty else { throw .wrong("\(path).\(name)", "write a text") }
    return text
  }

  private static func flag(_ json: JSON, _ name: String, _ path: String) throws(ProviderSettingsError) -> Bool? {
    guard let value = json[name] else { return nil }
    guard let flag = value.bool else { throw .wrong("\(path).\(name)", "write true or false") }
    return flag
  }

  private static func count(_ json: JSON, _ name: String, _ path: String) throws(ProviderSettingsError) -> Int? {
    guard let value = json[name] else { return nil }
    guard let number = value.int, (1...1_000_000_000).contains(number) else {
      throw .wrong("\(path).\(name)", "write a whole number of 1 or more")
    }
    return Int(number)
  }

  /// Where nothing else is said: OpenRouter's own hosts.
  private static func isRouter(_ url: String) -> Bool {
    guard let scheme = url.firstRange(of: "://") else { return false }
    let host = url[scheme.upperBound...].prefix { $0 != "/" && $0 != ":" && $0 != "?" }.lowercased()
    return host == "openrouter.ai" || host.hasSuffix(".openrouter.ai")
  }

  /// What a header's name may hold.
  private static func isToken(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F
  }

  static func trimmed(_ url: String) -> String {
    var url = url
    while url.hasSuffix("/") { url.removeLast() }
    return url
  }
}

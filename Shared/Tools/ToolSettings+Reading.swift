package import Deliberation
internal import Models

extension ToolSettings {
  /// Reads `tools` of the configuration. `environment` gives the keys that it names.
  package init(json: JSON?, environment: (String) -> String?) throws(ToolSettingsError) {
    self.init(fetch: Fetch())
    guard let json else { return }
    let part = try ToolPart(json, "tools")
    try part.knows(["web_search", "web_fetch", "bash"])
    if let part = try part.part("web_search") { search = try Self.search(part, environment) }
    if let part = try part.part("web_fetch") { fetch = try Self.fetch(part) }
    if let part = try part.part("bash") { bash = try Self.bash(part) }
  }

  private static func search(
    _ part: ToolPart, _ environment: (String) -> String?
  ) throws(ToolSettingsError) -> Search? {
    try part.knows(["enabled", "engine", "base_url", "key_env", "folder", "max_results", "timeout_ms"])
    guard try part.flag("enabled") ?? true else { return nil }
    let variable = try part.text("key_env")
    func key(_ name: String) throws(ToolSettingsError) -> Secret? {
      guard let value = environment(name), !value.isEmpty else { return nil }
      // a key with a line break would end its header and begin another
      guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw .wrong(part.path("key_env"), "the key in \(name) has spaces or characters beyond ASCII")
      }
      return Secret(value)
    }
    let engine: Engine
    switch try part.text("engine") {
    case "searxng":
      guard let url = try part.address("base_url") else {
        throw .wrong(part.path("base_url"), "is missing; write the address of the SearXNG instance")
      }
      engine = .searxng(url: url, key: try variable.map { name throws(ToolSettingsError) in try key(name) } ?? nil)
    case "exa":
      let name = variable ?? "EXA_API_KEY"
      engine = .exa(url: try part.address("base_url") ?? "https://api.exa.ai", key: try key(name), keyVariable: name)
    case "local":
      guard let folder = try part.text("folder") else {
        throw .wrong(part.path("folder"), "is missing; name the folder of text, Markdown and HTML files to search")
      }
      engine = .local(folder: folder)
    default: throw .wrong(part.path("engine"), "must be searxng, exa or local")
    }
    var search = Search(engine: engine)
    search.maxResults = try part.whole("max_results", in: 1...25) ?? search.maxResults
    search.timeout = try part.milliseconds("timeout_ms", in: 100...60_000) ?? search.timeout
    return search
  }

  private static func fetch(_ part: ToolPart) throws(ToolSettingsError) -> Fetch? {
    try part.knows([
      "enabled", "timeout_ms", "max_bytes", "ports", "redirects", "concurrent", "allowed_domains", "blocked_domains",
    ])
    guard try part.flag("enabled") ?? true else { return nil }
    var fetch = Fetch()
    fetch.timeout = try part.milliseconds("timeout_ms", in: 100...120_000) ?? fetch.timeout
    fetch.maxBytes = try part.whole("max_bytes", in: 1_000...20_000_000) ?? fetch.maxBytes
    fetch.redirects = try part.whole("redirects", in: 0...20) ?? fetch.redirects
    fetch.concurrent = try part.whole("concurrent", in: 1...1_000) ?? fetch.concurrent
    fetch.allowedDomains = try part.domains("allowed_domains")
    fetch.blockedDomains = try part.domains("blocked_domains")
    if let ports = try part.wholes("ports", in: 1...65_535) { fetch.ports = Set(ports) }
    return fetch
  }

  private static func bash(_ part: ToolPart) throws(ToolSettingsError) -> Bash? {
    try part.knows([
      "enabled", "timeout_ms", "cpu_seconds", "memory_bytes", "processes", "output_bytes", "folder_bytes", "files",
      "concurrent",
    ])
    guard try part.flag("enabled") ?? false else { return nil }
    var bash = Bash()
    bash.timeout = try part.milliseconds("timeout_ms", in: 100...600_000) ?? bash.timeout
    bash.cpuSeconds = try part.whole("cpu_seconds", in: 1...600) ?? bash.cpuSeconds
    bash.memoryBytes = try part.whole("memory_bytes", in: 16_000_000...64_000_000_000) ?? bash.memoryBytes
    bash.processes = try part.whole("processes", in: 4...1_000) ?? bash.processes
    bash.outputBytes = try part.whole("output_bytes", in: 100...200_000) ?? bash.outputBytes
    bash.folderBytes = try part.whole("folder_bytes", in: 65_536...4_000_000_000) ?? bash.folderBytes
    bash.files = try part.whole("files", in: 10...1_000_000) ?? bash.files
    bash.concurrent = try part.whole("concurrent", in: 1...64) ?? bash.concurrent
    return bash
  }
}

package import Models

/// What the configuration says about tools, checked. A tool that is nil here is not offered to any model.
package struct ToolSettings: Sendable, Equatable {
  package enum Engine: Sendable, Equatable {
    case searxng(url: String, key: Secret?)
    /// nil: its key is not set, so it cannot be asked.
    case exa(url: String, key: Secret?, keyVariable: String)
    case local(folder: String)
  }

  package struct Search: Sendable, Equatable {
    package var engine: Engine
    package var maxResults = 5
    package var timeout: Duration = .seconds(10)

    package init(engine: Engine) { self.engine = engine }
  }

  package struct Fetch: Sendable, Equatable {
    package var timeout: Duration = .seconds(20)
    /// Of a page, decompressed.
    package var maxBytes = 2_000_000
    package var ports: Set<Int> = [80, 443]
    package var allowedDomains: [String] = []
    package var blockedDomains: [String] = []
    package var redirects = 5
    /// Pages at a time in one model-caller; more wait in line.
    package var concurrent = 64

    package init() {}
  }

  package struct Bash: Sendable, Equatable {
    package var timeout: Duration = .seconds(10)
    package var cpuSeconds = 5
    /// Of all processes together, and of one.
    package var memoryBytes = 512_000_000
    package var processes = 32
    package var outputBytes = 32_000
    package var folderBytes = 64_000_000
    package var files = 20_000
    /// Sandboxes at a time in one model-caller.
    package var concurrent = 2
    /// Files and folders of the service that must not be seen where they lie below /usr.
    package var hidden: [String] = []

    package init() {}
  }

  package var search: Search?
  package var fetch: Fetch?
  package var bash: Bash?

  package static let none = ToolSettings()

  package init(search: Search? = nil, fetch: Fetch? = nil, bash: Bash? = nil) {
    self.search = search
    self.fetch = fetch
    self.bash = bash
  }
}

extension Settings {
  /// The bounds of the HTTP edge, and which web pages may use it.
  package struct Gateway: Sendable, Equatable {
    /// How many deliberations that were asked for at one gateway may be open.
    package var maxOpen: Int
    /// What their questions may take together.
    package var maxBytes = 64_000_000
    package var headerBytes = 16 * 1024
    package var connections = 20_000
    package var headerTime: Duration = .seconds(10)
    package var bodyTime: Duration = .seconds(60)
    /// Origins of pages; `*`: all.
    package var corsOrigins: [String] = []

    package init(_ limits: Limits = Limits()) { maxOpen = 4 * limits.maxOpen }

    init(_ part: ConfigurationPart?, _ limits: Limits) throws(SettingsError) {
      self.init(limits)
      guard let part else { return }
      try part.knows([
        "max_open", "max_bytes", "header_bytes", "connections", "header_ms", "body_ms", "cors_origins",
      ])
      maxOpen = try part.whole("max_open", in: 1...1_000_000) ?? maxOpen
      maxBytes = try part.whole("max_bytes", in: 10_000...100_000_000_000) ?? maxBytes
      headerBytes = try part.whole("header_bytes", in: 1_024...1_000_000) ?? headerBytes
      connections = try part.whole("connections", in: 1...1_000_000) ?? connections
      if let time = try part.whole("header_ms", in: 100...600_000) { headerTime = .milliseconds(time) }
      if let time = try part.whole("body_ms", in: 100...3_600_000) { bodyTime = .milliseconds(time) }
      corsOrigins = try part.texts("cors_origins") ?? corsOrigins
    }
  }
}

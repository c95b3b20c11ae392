extension Settings {
  /// The bounds of the HTTP edge, and which web pages may use it.
  package struct Gateway: Sendable, Equatable {
    /// How many deliberations that were asked for at one gateway may be open.
    package var maxOpen: Int
    /// What their questions may take together.
    package var maxBytes = 64_000_000
    /// What bodies that are still coming in may take together.
    package var arrivingBytes = 64_000_000
    /// How many may follow events live, and look deliberations up, at one time.
    package var maxFollowers = 500
    package var maxLookups = 2_000
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
        "max_open", "max_bytes", "arriving_bytes", "max_followers", "max_lookups", "header_bytes", "connections",
        "header_ms", "body_ms", "cors_origins",
      ])
      maxOpen = try part.whole("max_open", in: 1...1_000_000) ?? maxOpen
      maxBytes = try part.whole("max_bytes", in: 10_000...100_000_000_000) ?? maxBytes
      arrivingBytes = try part.whole("arriving_bytes", in: 1_000_000...100_000_000_000) ?? arrivingBytes
      maxFollowers = try part.whole("max_followers", in: 1...100_000) ?? maxFollowers
      maxLookups = try part.whole("max_lookups", in: 1...1_000_000) ?? maxLookups
      headerBytes = try part.whole("header_bytes", in: 1_024...1_000_000) ?? headerBytes
      connections = try part.whole("connections", in: 1...1_000_000) ?? connections
      if let time = try part.whole("header_ms", in: 100...600_000) { headerTime = .milliseconds(time) }
      if let time = try part.whole("body_ms", in: 100...3_600_000) { bodyTime = .milliseconds(time) }
      corsOrigins = try part.texts("cors_origins") ?? corsOrigins
    }
  }
}

extension Settings {
  /// Every bound that a user may move, in one place.
  package struct Limits: Sendable, Equatable {
    /// The largest record: key, value and headers together.
    package var recordBytes = 1_000_000
    /// The largest answer taken from a provider, after decompression.
    package var upstreamBytes = 8_000_000
    /// How many deliberations may be open per process.
    package var maxOpen = 500
    /// How many records a partition may hold back before intake admits nothing new there.
    package var maxHeld = 200_000
    package var maxCancels = 1_000_000
    /// The share of `maxOpen` that bulk asks may take.
    package var bulkShare = 0.8
    package var dedupWindow: Duration = .milliseconds(120_000)

    package init() {}

    init(_ part: ConfigurationPart?) throws(SettingsError) {
      guard let part else { return }
      try part.knows([
        "record_bytes", "upstream_bytes", "max_open", "max_held", "max_cancels", "bulk_share", "dedup_window_ms",
      ])
      // librdkafka and the brokers take a little more than a megabyte; the embedded broker takes no more
      recordBytes = try part.whole("record_bytes", in: 10_000...1_000_000) ?? recordBytes
      upstreamBytes = try part.whole("upstream_bytes", in: 10_000...1_000_000_000) ?? upstreamBytes
      maxOpen = try part.whole("max_open", in: 1...1_000_000) ?? maxOpen
      maxHeld = try part.whole("max_held", in: 100...100_000_000) ?? maxHeld
      maxCancels = try part.whole("max_cancels", in: 1...100_000_000) ?? maxCancels
      bulkShare = try part.number("bulk_share", in: 0.01...1) ?? bulkShare
      if let window = try part.whole("dedup_window_ms", in: 1_000...86_400_000) { dedupWindow = .milliseconds(window) }
    }
  }
}

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
}

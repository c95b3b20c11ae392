/// Where answers are kept, and how much of them.
package struct CacheOptions: Sendable {
  package var path: String
  /// Of answers; the oldest go first.
  package var bytes: Int

  package static let usualBytes: Int64 = 500_000_000

  package init(path: String, bytes: Int) {
    self.path = path
    self.bytes = bytes
  }
}

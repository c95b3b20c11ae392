/// Whether a stored content was erased. Numbers stand in files.
package enum Erasure: Int64, Sendable {
  case none = 0
  /// With the tombstone, which names its hash; or it came in after that.
  case named = 1
  /// With the tombstone, which does not name it: it came in behind the end, between the writing of the tombstone and its
  /// reading.
  case late = 2
}

/// The bounds that hold everywhere.
package enum Limits {
  package static let members = 8
  package static let rounds = 3
  package static let toolCalls = 16
  package static let standIns = 8
  package static let fallbacks = 8
  /// The bytes of a name that an ask brings: of itself, its source, its key, its tenant, the connection that waits.
  package static let nameBytes = 1_024
  /// The longest that a deliberation may take, in milliseconds.
  package static let longest: Int64 = 1_800_000
  package static let usual: Int64 = 600_000
  /// How long after its deadline what is left of a deliberation is waited for.
  package static let slack: Int64 = 5_000
}

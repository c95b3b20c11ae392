internal import Deliberation

/// Whoever asked for a call: what of it is theirs and not of the request under way.
struct Asker: Sendable {
  let command: Command
  let places: [Place]
  let started: Moment
  let wasNamed: Bool
  let shown: Int
}

/// When a static member was fenced: once may be a lost session, which a new handle mends; again within a session, or
/// while the member has not lived for one, means that two processes have one name.
struct Fences {
  private var joined: ContinuousClock.Instant?
  private var last: ContinuousClock.Instant?

  init() {}

  mutating func hasJoined(at now: ContinuousClock.Instant) { joined = joined ?? now }

  /// Whether this time it is the name.
  mutating func fenced(at now: ContinuousClock.Instant, session: Duration) -> Bool {
    defer { last = now }
    if let joined, joined.duration(to: now) < session { return true }
    return last.map { $0.duration(to: now) < session } ?? false
  }
}

/// What time it is on the client's thread, as of when it last woke.
final class ClientClock {
  private(set) var now = ContinuousClock.now

  func look() { now = .now }
}

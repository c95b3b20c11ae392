/// When memory that a crowd left behind is to be given back: as soon as much more lies free than did at the least, or than
/// the last time left.
struct Slack: Sendable {
  private static let most = 16_000_000
  private var floor: Int?

  /// `free`: what the allocator keeps for later. It counts pages too that the kernel has back already.
  mutating func isDue(free: Int) -> Bool {
    let lowest = min(floor ?? free, free)
    floor = lowest
    return free > lowest + Self.most
  }

  mutating func gaveBack(free: Int) { floor = free }
}

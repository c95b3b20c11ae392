/// One try of one call; two of a call may be under way.
struct TryName: Hashable, Sendable {
  let serial: Int
  let number: Int
}

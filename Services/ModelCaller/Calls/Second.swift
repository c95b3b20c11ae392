internal import Deliberation

/// The second request of a call whose first was slow to begin. Whichever begins to answer first is the call's try, and
/// the other one is stopped.
struct Second: Sendable {
  let number: Int
  let route: Int
  let started: Moment
  var wasHeard = false
}

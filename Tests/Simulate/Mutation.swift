/// Faults that are put in on purpose, to see that they are found.
enum Mutation: String, CaseIterable {
  /// An id does not follow from what it names: whoever does a step twice gives two ids.
  case freshIDs = "fresh-ids"
  /// The runtime does not remember what it has sent.
  case forgetsSent = "forgets-sent"
  /// A partition is taken over at the committed offset, without the window before it.
  case noWindow = "no-window"
  /// The event that names a command does not wait for the command's acknowledgement.
  case afterDropped = "after-dropped"
  /// Of two records with one id the last is followed, not the first.
  case lastWins = "last-wins"
  /// Results are sent when the end is decided, not when it is read.
  case actsBeforeReading = "acts-before-reading"
  /// What is open does not hold the committed offset back.
  case commitsAhead = "commits-ahead"
  /// Deadlines are not kept.
  case losesTimers = "loses-timers"
  /// A cost that is not known is settled at once.
  case settlesEarly = "settles-early"
  /// A caller takes only the offset from a commit, not which calls above it are finished.
  case mapIgnored = "map-ignored"
  /// A caller that gives a partition away does not say which calls go on.
  case marksIgnored = "marks-ignored"
  /// A caller does not hear which calls run elsewhere.
  case deaf
  /// A caller that starts again does not hear what was cancelled before.
  case forgetsCancels = "forgets-cancels"
}

extension Mutation {
  /// Among how many seeds it must be found. A caller seldom starts again just between a cancellation and its command.
  var seeds: UInt64 { self == .forgetsCancels ? 2_000 : 300 }
}

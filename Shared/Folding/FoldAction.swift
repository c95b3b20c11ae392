package import Bus

/// What the runtime asks of whoever does the I/O.
package enum FoldAction: Sendable {
  /// Send it, and say so with `acknowledged(_:)` when the brokers have it.
  case send(Outgoing, FoldToken)
  /// This record cannot be folded: write it to the dead letters, and say so when the brokers have it.
  case deadLetter(Record, reason: String, FoldToken)
}

/// Names one thing sent, so that its acknowledgement finds its way back.
package struct FoldToken: Hashable, Sendable {
  let subject: String
  let output: String
}

/// The bounds of the runtime.
package struct FoldLimits: Sendable {
  /// For how long what ended, or was never opened, is remembered.
  package var windowMilliseconds: Int64
  /// How many subjects that ended, or were never opened, are remembered per partition at most.
  package var rememberedMaximum: Int
  /// How many ended subjects are kept at most, per partition, while folding up to the end, because their ends may not
  /// have been answered; beyond it the oldest count as answered.
  package var unansweredMaximum: Int
  /// Where nothing was ever committed, ends older than this count as answered: as long as replies are kept, after which
  /// nobody waits any more.
  package var unansweredMilliseconds: Int64

  package init(
    windowMilliseconds: Int64 = 120_000, rememberedMaximum: Int = 500_000, unansweredMaximum: Int = 5_000,
    unansweredMilliseconds: Int64 = 3_600_000
  ) {
    self.windowMilliseconds = windowMilliseconds
    self.rememberedMaximum = rememberedMaximum
    self.unansweredMaximum = unansweredMaximum
    self.unansweredMilliseconds = unansweredMilliseconds
  }
}

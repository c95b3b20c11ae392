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
  /// How many ended subjects are remembered per partition at most.
  package var rememberedMaximum: Int

  package init(windowMilliseconds: Int64 = 120_000, rememberedMaximum: Int = 500_000) {
    self.windowMilliseconds = windowMilliseconds
    self.rememberedMaximum = rememberedMaximum
  }
}

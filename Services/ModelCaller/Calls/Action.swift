package import Bus
package import Tools

/// What the table wants done. It does nothing itself; whoever drives it tells it what came of each.
package enum Action: Sendable, Equatable {
  case start(Attempt)
  /// Close the connection of a try; nothing more is heard of it.
  case stop(serial: Int, number: Int)
  /// Run tools; answered with `used`.
  case use(ToolRound, serial: Int, number: Int)
  /// End those tools; nothing more is heard of them.
  case stopTools(serial: Int)
  /// Answered with `found`.
  case find(serial: Int, key: String, seconds: Int)
  /// Keep the answer of a call for others that ask the same.
  case keep(key: String, seconds: Int, value: [UInt8])
  case write(Letter, Receipt)
  case pause(Int32)
  case resume(Int32, at: Int64)
  /// Answered with `committed`.
  case commit([CommitEntry])
}

/// A record to write.
package enum Letter: Sendable, Equatable {
  case outcome(OutcomeEvent, command: Command)
  case deltas(DeltaRecord)
  case signal(Signal)
  case deadLetter(Record, reason: String)
}

/// By which the table knows what was acknowledged.
package enum Receipt: Sendable, Equatable {
  case outcome(serial: Int)
  case replay(Place)
  case deltas(Int)
  case deadLetter(Place)
  case signal
}

/// What became of a record that was to be written. What the brokers do not take now is none of these: the producer keeps
/// it.
package enum Delivery: Sendable, Equatable {
  case acknowledged
  /// It will never fit.
  case tooLarge
  /// It can never be written, for another reason than its size.
  case refused
}

package struct CommitEntry: Sendable, Equatable {
  package let partition: Int32
  package let offset: Int64
  package let metadata: String

  package init(partition: Int32, offset: Int64, metadata: String) {
    self.partition = partition
    self.offset = offset
    self.metadata = metadata
  }
}

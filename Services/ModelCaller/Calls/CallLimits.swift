/// The bounds of one lane of a caller.
package struct CallLimits: Sendable {
  /// Calls of the lane in this process: running, waiting for a try, held. As many more may have an outcome that is not
  /// acknowledged yet.
  package var inFlight = 2_000
  /// Commands that are read ahead of that, and what they may take. With more their partitions pause, until it is half as
  /// much.
  package var waiting = 4_000
  package var waitingBytes = 16_000_000
  /// How long a call that moved must be named by nobody before it is started here.
  package var quiet: Int64 = 3_000
  package var naming: Int64 = 1_000
  /// How long acknowledged outcomes are gathered for a commit; with the commit itself this stays under 20 ms.
  package var commitGather: Int64 = 5
  package var commitRetry: Int64 = 200
  package var deltaGather: Int64 = 10
  package var deltaBytes = 200_000
  package var replays = 20_000
  package var replayBytes = 32_000_000
  package var cancels = 1_000_000
  package var rumours = 200_000
  /// The longest deadline, and a little: nothing older can matter to a call.
  package var memory: Int64 = 1_860_000
  /// Calls named in one signal.
  package var namesPerSignal = 5_000
  package var recordBytes = 1_000_000
  /// How long a call waits for a provider that is down and has no other way: longer than most outages that pass.
  package var patience: Int64 = 20_000
  /// A provider that had not begun to answer after this long, when the call's own time was over, counts as silent: calls
  /// with little time say nothing of it.
  package var silence: Int64 = 10_000
  /// How often it looks again, beyond that, while an answer is awaited that would open the door.
  package var probePatience: Int64 = 1_000
  /// Whether answers of calls that allow it are kept for others.
  package var remembersAnswers = false
  /// Of how many models is remembered how fast they are, where that matters.
  package var paces = 1_000
  /// How many partitions the lane has in all; nil: this process has the whole of its rates.
  package var partitions: Int?

  package init() {}
}

/// The numbers that the bus was measured with, in one place.
package enum Tuning {
  /// Most characters of text that go with a committed offset: Kafka refuses more (`offset.metadata.max.bytes`), the
  /// embedded broker does not, so the bus does.
  package static let commitMetadata = 4_096

  /// Records of one process that may wait for their acknowledgement before `Producer.send` (async) waits for a place.
  package static let maxInFlight = 10_000
  /// Records that may be handed over and wait for their acknowledgement, and their bytes: beyond either a send waits for
  /// a place, as the brokers must have been away for long.
  package static let maxPending = 200_000
  package static let maxPendingBytes = 512 << 20

  /// The embedded broker answers an idle fetch only when this is over, so it is the latency of a hop there, and what an
  /// idle system costs: at 2 ms a fifth of a core, at 3 ms an eighth. A real one
  /// answers as soon as there is data. There it bounds how long a partition that is resumed or assigned waits behind a
  /// fetch for others that is under way: librdkafka has one at a time for each broker.
  static let fetchWaitEmbedded = 3
  static let fetchWaitKafka = 100
  /// The same for what is not on the way of an answer: requests to cancel, signals, the ledger. A real broker answers
  /// those too as soon as there is something.
  static let fetchWaitPatientEmbedded = 20
  static let fetchWaitPatientKafka = 250
  /// Default 500 ms: a new leader would cost that.
  static let fetchErrorBackoff = 50
  /// Default 10 s: after a broker's restart a handle would wait that long.
  static let reconnectBackoffMax = 500
  /// Members learn of a rebalance by their next heartbeat, so this is how long it stands still (default 3 s).
  static let heartbeat = 1_000
  /// Memory for what was fetched ahead, of one consumer. Once it is full librdkafka looks again only after a second, so
  /// this is also what a reader can take in a second without standing still. `queued.min.messages` stays at its default:
  /// a small value costs up to a second per refill.
  static let prefetchKilobytes = 65_536

  /// A poll never waits longer, whatever the receiver answered: a belt for what a wake-up could miss.
  static let longestPoll = Duration.milliseconds(250)
  /// Records handed over before the receiver gets its turn.
  static let burst = 500

  /// Bound of a question that blocks the consumer's thread.
  static let question = Duration.seconds(2)
  /// Milliseconds between two tries of one that was answered with an error.
  static let betweenQuestions = 50
  /// How often the ends of paused partitions are asked for.
  static let pausedEnds = Duration.seconds(2)
  /// How long a topic that the brokers do not know counts as a passing error (their metadata may lag) to who warms it.
  static let unknownTopicGrace = Duration.seconds(30)
  /// How long the records of a topic wait that the brokers do not let us write, or do not know, before it is tried again;
  /// and how many of them are sent to see.
  static let denied = Duration.seconds(1)
  static let unknownTopic = Duration.milliseconds(200)
  static let probe = 100
  /// How often that is said while it lasts.
  static let sayAgain = Duration.seconds(30)
  /// How long a handle may take to be taken down before it is left to the end of the process.
  static let destroyWithin = Duration.seconds(10)
}

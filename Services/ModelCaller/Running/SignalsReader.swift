internal import Bus
internal import Deliberation
internal import Telemetry

/// Hears what every caller must hear: from far enough back that nothing is missed, before any work is taken, and from
/// then on at once.
// Unchecked because it belongs to its consumer's loop.
final class SignalsReader: Receiver, @unchecked Sendable {
  private let mailboxes: [Mailbox]
  private let isEmbedded: Bool
  /// How far back a signal may still matter.
  private let memory: Int64
  private let onCaughtUp: @Sendable () -> Void
  private let unreadable: Counter
  private let log: Log
  private var partition: TopicPartition?
  private var position: Int64 = 0
  /// The end of the topic when reading began; nil until the broker has told.
  private var end: Int64?
  private var isCaughtUp = false

  /// A naming that is older than this when it is read late says nothing about now.
  private static let fresh: Int64 = 10_000

  init(
    mailboxes: [Mailbox], isEmbedded: Bool, memory: Int64, metrics: Metrics, log: Log,
    onCaughtUp: @escaping @Sendable () -> Void
  ) {
    self.mailboxes = mailboxes
    self.isEmbedded = isEmbedded
    self.memory = memory
    self.onCaughtUp = onCaughtUp
    self.log = log
    unreadable = metrics.counter("conclave_signals_unreadable_total", "Records on signals that could not be read.")
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    guard let partition = assignments.first?.partition else { return [:] }
    self.partition = partition
    // a new handle goes on where the old one was
    if isCaughtUp || position > 0 { return [partition: .offset(position)] }
    guard !isEmbedded else { return [partition: .beginning] }
    let since = Clock.now().milliseconds - memory
    guard let offset = try? consumer.offset(partition, atTime: since) else { return [partition: .beginning] }
    position = offset
    return [partition: .offset(offset)]
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}

  func received(_ record: Record, _ consumer: Consumer) {
    position = record.offset + 1
    guard let value = record.value, let envelope = try? Envelope(record.headers) else {
      unreadable.add()
      return
    }
    do throws(CommandError) {
      guard let signal = try Signal.parse(type: envelope.type, value: value) else { return }
      if !isCaughtUp, case .running = signal, let time = Moment(rfc3339: envelope.time),
        Clock.now() - time > Self.fresh
      {
        return
      }
      for mailbox in mailboxes { mailbox.post(.heard(signal)) }
    } catch {
      unreadable.add()
    }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    position = 0
    return .beginning
  }

  func turn(_ consumer: Consumer) -> Duration? {
    guard !isCaughtUp, let partition else { return isCaughtUp ? nil : .milliseconds(100) }
    if end == nil, let ends = try? consumer.ends(partition) {
      end = ends.high
      // records that are gone are not waited for
      position = max(position, ends.low)
    }
    if let end, position >= end {
      isCaughtUp = true
      log.info("signals.caught_up", ("offset", position))
      onCaughtUp()
      return nil
    }
    return .milliseconds(100)
  }
}

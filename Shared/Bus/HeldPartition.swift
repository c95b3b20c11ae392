internal import Telemetry

/// A partition that a consumer holds, and how far it has read it. A class, so that a record costs no search and no copy.
final class HeldPartition {
  let partition: TopicPartition
  /// Where reading goes on; what comes before it is stale and dropped. `.committed` never stands here.
  var next: StartAt
  var isPaused = false
  var uncounted = 0
  /// The partition's end as it was last asked for.
  var askedEnd: Int64?
  private let consumed: Counter
  private let lag: Gauge

  init(_ partition: TopicPartition, next: StartAt, _ measures: ConsumerMeasures) {
    self.partition = partition
    self.next = next
    consumed = measures.consumed(partition.topic)
    lag = measures.lag(partition)
  }

  /// Whether a record at this offset is to be handed over; then the next one is expected.
  func takes(_ offset: Int64) -> Bool {
    if isPaused { return false }
    if case .offset(let next) = next, offset < next { return false }
    next = .offset(offset + 1)
    uncounted += 1
    return true
  }

  /// Whether that end of the partition lies further than what was read.
  func reaches(_ offset: Int64) -> Bool {
    if isPaused { return false }
    if case .offset(let next) = next, offset <= next { return false }
    next = .offset(offset)
    return true
  }

  /// Brings the figures up to date. `end` is the partition's, where it is known.
  func count(end: Int64?) {
    if uncounted > 0 {
      consumed.add(Double(uncounted))
      uncounted = 0
    }
    guard case .offset(let next) = next, let end = [end, askedEnd].compactMap({ $0 }).max() else { return }
    lag.set(Double(max(0, end - next)))
  }

  func leave() {
    count(end: nil)
    lag.set(0)
  }
}

import Bus
import Deliberation
import Telemetry

/// Reads `cancels` from its beginning and never waits: what stands there is a few bytes each.
final class CancelReader: Receiver {
  private let book: CancelBook
  private let topics: Topics
  private let producer: Producer
  private let recordBytes: Int
  private let log: Log
  private let added: @Sendable (String) -> Void
  private let caughtUp: @Sendable () -> Void
  private var ends: [TopicPartition: Int64] = [:]
  private var saidCaughtUp = false

  /// `added` is told of every new request, `caughtUp` once, when everything that stood there has been read.
  init(
    book: CancelBook, topics: Topics, producer: Producer, recordBytes: Int, log: Log,
    added: @escaping @Sendable (String) -> Void, caughtUp: @escaping @Sendable () -> Void
  ) {
    self.book = book
    self.topics = topics
    self.producer = producer
    self.recordBytes = recordBytes
    self.log = log
    self.added = added
    self.caughtUp = caughtUp
  }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    var starts: [TopicPartition: StartAt] = [:]
    for assignment in assignments {
      starts[assignment.partition] = .beginning
      if let (low, high) = limits(of: assignment.partition, consumer) {
        ends[assignment.partition] = high > low ? high : 0
      }
    }
    return starts
  }

  /// Asked until a broker answers, as nothing may be opened before; nil: nobody waits any more.
  private func limits(of partition: TopicPartition, _ consumer: Consumer) -> (low: Int64, high: Int64)? {
    var said: ContinuousClock.Instant?
    repeat {
      do { return try consumer.ends(partition) } catch {
        if said.map({ $0.duration(to: .now) >= .seconds(1) }) ?? true {
          log.warning("cancels.wait", ("error", error))
          said = .now
        }
      }
    } while consumer.mayAskAgain()
    return nil
  }

  func reachedEnd(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) {
    if let end = ends[partition], offset >= end { ends[partition] = 0 }
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    for partition in partitions { ends[partition] = nil }
  }

  func received(_ record: Record, _ consumer: Consumer) {
    do { try read(record) } catch {
      log.warning(
        "record.dead", ("topic", record.topic), ("offset", record.offset), ("reason", "\(error)"),
        ("trace", Trace.trace(record.headers)))
      // Not waited for: `cancels` has no committed offset, the next start reads it again and buries it again, under the
      // same place.
      producer.send(
        DeadLetter.record(
          for: record, reason: "\(error)", group: topics.group("panel-dispatcher"), topics: topics, limit: recordBytes)
      ) { [log] result in
        if case .failure(let error) = result { log.error("dead-letter.refused", ("error", error)) }
      }
    }
    if let end = ends[record.source], record.offset + 1 >= end { ends[record.source] = 0 }
  }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }

  func turn(_ consumer: Consumer) -> Duration? {
    if !saidCaughtUp, !ends.isEmpty, ends.values.allSatisfy({ $0 == 0 }) {
      saidCaughtUp = true
      caughtUp()
    }
    return nil
  }

  private struct Bad: Error, CustomStringConvertible { let description: String }

  private func read(_ record: Record) throws {
    let envelope = try Envelope(record.headers)
    guard envelope.type == "conclave.cancel.v1" else {
      throw Bad(description: "type: \(envelope.type.prefix(80)) is not conclave.cancel.v1")
    }
    guard let subject = envelope.subject, IDs.isUsable(subject) else {
      throw Bad(description: "ce_subject: missing or unusable; a request to cancel names its deliberation there")
    }
    guard let value = record.value else { throw Bad(description: "value: absent") }
    let request = try CancelRequested(value)
    if book.add(subject, request, source: envelope.source, id: envelope.id) { added(subject) }
  }
}

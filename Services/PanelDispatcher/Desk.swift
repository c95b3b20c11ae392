import Bus
import Deliberation
import Folding
import Settings
import Telemetry
import Threads

/// Intake: each ask on `requests` and `requests.bulk` becomes `deliberation.requested` or `deliberation.rejected`, and its
/// offset is committed within 20 ms of the acknowledgement. It remembers nothing: an ask that is read again yields the
/// same event under the same id.
///
/// Lives on the loop's thread of the dispatcher's consumer.
// Unchecked because everything but `acknowledgements` is touched on that thread alone.
final class Desk: @unchecked Sendable {
  private let context: Context
  private var admission: Admission
  private var lines: [TopicPartition: Line] = [:]
  private var commitUnderWay = false
  private var lastCommit: Int64 = 0
  private let acknowledgements = Lock<[Acknowledgement]>([])
  private let taken: Counter
  private let rejected: Counter
  private let held: Gauge
  private static let commitMilliseconds: Int64 = 10

  /// What the desk works with.
  struct Context {
    let topics: Topics
    let producer: Producer
    let catalogue: Catalogue
    let sender: Sender
    let limits: Settings.Limits
    let group: String
    let log: Log
    let metrics: Metrics
    let clock: @Sendable () -> Int64
  }

  /// One partition of a requests topic.
  private struct Line {
    let epoch: Int
    var next: Int64 = 0
    var watermark = Watermark()
    var committed: Int64 = -1
    /// Where it goes on when there is room again.
    var waitsAt: Int64?
    /// The partition of events that must hold fewer records for that; nil: any room will do.
    var waitsFor: Int32?
  }

  private struct Acknowledgement {
    let partition: TopicPartition
    let epoch: Int
    let offset: Int64
    let deliberation: String
    /// What can never be written as an event, and why: it goes to the dead letters instead.
    var refused: (Record, String)?
  }

  init(_ context: Context) {
    self.context = context
    admission = Admission(maxOpen: context.limits.maxOpen, bulkShare: context.limits.bulkShare)
    taken = context.metrics.counter("conclave_asks_taken_total", "Asks that became a deliberation.")
    rejected = context.metrics.counter("conclave_asks_rejected_total", "Asks that were refused.")
    held = context.metrics.gauge("conclave_requests_held_partitions", "Partitions of asks that wait for room.")
  }

  func isRequests(_ topic: String) -> Bool { topic == context.topics.requests || topic == context.topics.requestsBulk }

  func assigned(_ assignments: [Assignment]) -> [TopicPartition: StartAt] {
    var starts: [TopicPartition: StartAt] = [:]
    for assignment in assignments where isRequests(assignment.partition.topic) {
      lines[assignment.partition] = Line(epoch: assignment.epoch)
      starts[assignment.partition] = .committed
    }
    admission.reassigned()
    return starts
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    let own = partitions.filter { isRequests($0.topic) }
    if !lost {
      let offsets = due(own)
      if !offsets.isEmpty {
        do { try consumer.commitNow(offsets) } catch {
          // The next owner takes those asks again, under the same ids.
          context.log.warning("commit.failed", ("when", "revoked"), ("error", error))
        }
      }
    }
    for partition in own { lines[partition] = nil }
  }

  /// An event of the log was read here: what it is about is counted by the fold from now on.
  func read(_ subject: String) { admission.read(subject) }

  func received(_ record: Record, _ folder: Folder<DeliberationDecider<CancellableDispatching>>, _ consumer: Consumer) {
    let source = record.source
    guard let line = lines[source], line.waitsAt == nil, record.offset >= line.next else { return }
    let isBulk = record.topic == context.topics.requestsBulk
    guard let open = folder.mostOpen, admission.mayTake(isBulk: isBulk, openCount: open) else {
      return wait(source, record.offset, consumer)
    }
    let now = context.clock()
    // A pipeline may leave out everything but the type: its place then stands for its id.
    let headers = record.headers
    let result: Intake.Result
    if headers.text("ce_type") == Intake.askType {
      result = Intake.output(
        ask: record.value, id: headers.text("ce_id"), source: headers.text("ce_source") ?? "",
        subject: headers.text("ce_subject"), topic: record.topic, partition: Int(record.partition),
        offset: record.offset, key: record.key, catalogue: context.catalogue, now: Moment(milliseconds: now))
    } else {
      result = .unreadable("ce_type: \(headers.text("ce_type")?.prefix(80) ?? "absent"); an ask is \(Intake.askType)")
    }
    let output: Output
    switch result {
    case .requested(let event), .rejected(let event): output = event
    case .unreadable(let reason):
      begin(source, record.offset)
      bury(record, reason, consumer)
      return
    }
    guard let deliberation = output.subject else { return }
    let home = context.producer.partitions(of: context.topics.events).map {
      Partitioner.murmur2(Array(deliberation.utf8), partitions: $0)
    }
    if let home, holdsTooMuch(home, folder) { return wait(source, record.offset, for: home, consumer) }
    begin(source, record.offset)
    if case .requested = result {
      taken.add()
      admission.took(deliberation, isOwn: home.map(folder.owns) ?? false)
    } else {
      rejected.add()
    }
    let outgoing = context.sender.record(
      output, topic: context.topics.events, partition: nil,
      traceparent: headers.text("traceparent"))
    send(outgoing, record, deliberation, consumer)
  }

  /// Called at every turn; returns when it wants the next one.
  func turn(_ folder: Folder<DeliberationDecider<CancellableDispatching>>, _ consumer: Consumer) -> Duration? {
    let now = context.clock()
    drain(now, consumer)
    admission.tick(now: now)
    goOn(folder, consumer)
    held.set(Double(lines.values.reduce(0) { $0 + ($1.waitsAt == nil ? 0 : 1) }))
    let offsets = due(Array(lines.keys))
    // the answer to a commit under way brings the next turn by itself
    if !offsets.isEmpty, !commitUnderWay {
      let wait = lastCommit + Self.commitMilliseconds - now
      if wait > 0 { return .milliseconds(wait) }
      commit(offsets, now, consumer)
    }
    return admission.underWay > 0 ? .milliseconds(500) : nil
  }

  // MARK: Taking and waiting

  private func begin(_ source: TopicPartition, _ offset: Int64) {
    lines[source]?.next = offset + 1
    lines[source]?.watermark.begin(offset)
  }

  /// The ask stays in its topic, and its partition is not read until there is room.
  private func wait(_ source: TopicPartition, _ offset: Int64, for home: Int32? = nil, _ consumer: Consumer) {
    lines[source]?.waitsAt = offset
    lines[source]?.waitsFor = home
    consumer.pause(source)
  }

  private func holdsTooMuch(_ home: Int32, _ folder: Folder<DeliberationDecider<CancellableDispatching>>) -> Bool {
    folder.heldCount(home).map { $0 > Int64(context.limits.maxHeld) } ?? false
  }

  private func goOn(_ folder: Folder<DeliberationDecider<CancellableDispatching>>, _ consumer: Consumer) {
    guard let open = folder.mostOpen else { return }
    for (source, line) in lines {
      guard let offset = line.waitsAt else { continue }
      guard admission.mayTake(isBulk: source.topic == context.topics.requestsBulk, openCount: open) else { continue }
      // a home that has gone elsewhere is no reason to wait any more
      if let home = line.waitsFor, holdsTooMuch(home, folder) { continue }
      lines[source]?.waitsAt = nil
      lines[source]?.waitsFor = nil
      consumer.resume(source, at: offset)
    }
  }

  // MARK: Writing and committing

  private func bury(_ record: Record, _ reason: String, _ consumer: Consumer) {
    context.log.warning(
      "record.dead", ("topic", record.topic), ("partition", record.partition), ("offset", record.offset),
      ("reason", reason), ("trace", Trace.trace(record.headers)))
    let letter = DeadLetter.record(
      for: record, reason: reason, group: context.group, topics: context.topics, limit: context.limits.recordBytes)
    send(letter, record, "", consumer)
  }

  /// `deliberation` is empty for a dead letter.
  private func send(_ record: Outgoing, _ ask: Record, _ deliberation: String, _ consumer: Consumer) {
    guard let epoch = lines[ask.source]?.epoch else { return }
    let acknowledgement = Acknowledgement(
      partition: ask.source, epoch: epoch, offset: ask.offset, deliberation: deliberation)
    context.producer.send(record) { [self] result in
      var acknowledgement = acknowledgement
      if case .failure(let error) = result {
        // The producer was closed before the brokers had it: the ask is read again by the next owner.
        if error == .closed { return }
        context.log.error(
          "ask.refused", ("topic", ask.topic), ("offset", ask.offset), ("error", error),
          ("deliberation", deliberation), ("trace", Trace.trace(record.headers)))
        if !deliberation.isEmpty { acknowledgement.refused = (ask, error.description) }
      }
      let isFirst = acknowledgements.withLock { list in
        list.append(acknowledgement)
        return list.count == 1
      }
      if isFirst { consumer.perform { [self] consumer in drain(context.clock(), consumer) } }
    }
  }

  private func drain(_ now: Int64, _ consumer: Consumer) {
    let list = acknowledgements.withLock { list in
      defer { list = [] }
      return list
    }
    for acknowledgement in list {
      admission.acknowledged(acknowledgement.deliberation, now: now)
      guard lines[acknowledgement.partition]?.epoch == acknowledgement.epoch else { continue }
      if let (ask, why) = acknowledgement.refused {
        admission.read(acknowledgement.deliberation)
        bury(ask, why, consumer)
      } else {
        lines[acknowledgement.partition]?.watermark.finish(acknowledgement.offset)
      }
    }
  }

  private func due(_ partitions: [TopicPartition]) -> [(TopicPartition, Int64, String)] {
    partitions.compactMap { partition in
      guard let line = lines[partition], let offset = line.watermark.committable, offset > line.committed else {
        return nil
      }
      return (partition, offset, "")
    }
  }

  private func commit(_ offsets: [(TopicPartition, Int64, String)], _ now: Int64, _ consumer: Consumer) {
    commitUnderWay = true
    lastCommit = now
    let epochs = lines.mapValues(\.epoch)
    consumer.commit(offsets) { [self] result in
      commitUnderWay = false
      switch result {
      case .success:
        for (partition, offset, _) in offsets where lines[partition]?.epoch == epochs[partition] {
          lines[partition]?.committed = offset
        }
      case .failure(let error):
        context.log.info("commit.failed", ("when", "running"), ("error", error))
      }
    }
  }
}

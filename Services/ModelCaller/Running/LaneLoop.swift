internal import Bus
internal import Deliberation
internal import Models
internal import Telemetry
internal import Threads
internal import Tools

/// One lane at work: what its consumer reads goes into the call table, what the table wants done is done.
// Unchecked because one thread at a time owns it: the consumer's loop, and after the consumer has stopped whoever waits
// for the last calls.
final class LaneLoop: Receiver, @unchecked Sendable {
  let lane: String
  private let topic: String
  private var table: CallTable
  private var letters: Letters
  private let producer: Producer
  private let performer: Performer
  private let mailbox: Mailbox
  private let cache: ResponseCache?
  private let meters: LaneMeters
  private let log: Log
  private var exchanges: [TryName: Exchange] = [:]
  private var toolTasks: [Int: (number: Int, task: Task<Void, Never>)] = [:]
  private weak var consumer: Consumer?

  init(
    lane: String, topic: String, table: CallTable, letters: Letters, producer: Producer, performer: Performer,
    mailbox: Mailbox, cache: ResponseCache?, meters: LaneMeters, log: Log
  ) {
    self.lane = lane
    self.topic = topic
    self.table = table
    self.letters = letters
    self.producer = producer
    self.performer = performer
    self.mailbox = mailbox
    self.cache = cache
    self.meters = meters
    self.log = log
  }

  // MARK: what the consumer says

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] {
    self.consumer = consumer
    // what was heard on signals before counts before the first command
    collect()
    let now = Clock.now()
    for assignment in assignments { table.assigned(assignment, now: now) }
    log.info(
      "lane.assigned", ("lane", lane),
      ("partitions", assignments.map { "\($0.partition.partition)" }.joined(separator: ",")))
    return [:]
  }

  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {
    collect()
    let entries = table.revoked(partitions.map(\.partition), lost: lost, now: Clock.now())
    if !entries.isEmpty {
      do throws(BusError) {
        try consumer.commitNow(
          entries.map { (TopicPartition(topic: topic, partition: $0.partition), $0.offset, $0.metadata) })
      } catch {
        // the next owner repeats what the last good commit did not name
        log.warning("lane.commit_failed", ("lane", lane), ("why", error.description))
      }
    }
    act()
    log.info(
      "lane.revoked", ("lane", lane), ("partitions", partitions.map { "\($0.partition)" }.joined(separator: ",")),
      ("lost", lost), ("going_on", table.orphans))
  }

  func received(_ record: Record, _ consumer: Consumer) { table.received(record, now: Clock.now()) }

  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt {
    table.positionLost(partition.partition, now: Clock.now())
    return .beginning
  }

  func turn(_ consumer: Consumer) -> Duration? {
    collect()
    table.tick(Clock.now())
    act()
    meters.show(table, isConnected: consumer.isConnected, refusal: producer.refusal)
    let limit = Duration.seconds(1)
    guard let wake = table.wake else { return limit }
    return min(limit, .milliseconds(max(0, wake - Clock.now())))
  }

  // MARK: what comes from other threads

  private func collect() {
    for item in mailbox.take() {
      let now = Clock.now()
      switch item {
      case .delta(let serial, let number, let delta):
        table.delta(serial: serial, number: number, delta, now: now)
      case .spoke(let serial, let number): table.spoke(serial: serial, number: number, now: now)
      case .answered(let serial, let number): table.answered(serial: serial, number: number, now: now)
      case .told(let serial, let number, let limits):
        table.told(serial: serial, number: number, limits, now: now)
      case .ended(let serial, let number, let answer, let failure, let firstToken):
        exchanges[TryName(serial: serial, number: number)] = nil
        table.ended(serial: serial, number: number, answer, failure, firstToken: firstToken, now: now)
      case .used(let serial, let number, let uses):
        if toolTasks[serial]?.number == number { toolTasks[serial] = nil }
        table.used(serial: serial, number: number, uses, now: now)
      case .found(let serial, let value): table.found(serial: serial, value, now: now)
      case .written(let receipt, let delivery): table.acknowledged(receipt, delivery, now: now)
      case .heard(let signal): table.heard(signal, now: now)
      }
    }
  }

  // MARK: what the table wants

  /// All of it is one turn, so that the HTTP client is woken once for what is started.
  private func act() { Turn.run { for action in table.take() { act(action) } } }

  private func act(_ action: Action) {
    switch action {
    case .start(let attempt):
      if log.tellsDetails { tell(attempt) }
      exchanges[TryName(serial: attempt.serial, number: attempt.number)] = performer.start(attempt, mailbox)
    case .stop(let serial, let number): exchanges[TryName(serial: serial, number: number)]?.stop()
    case .use(let round, let serial, let number):
      let task = Task { [mailbox, toolbox = performer.toolbox] in
        mailbox.post(.used(serial: serial, number: number, await toolbox.use(round)))
      }
      toolTasks[serial] = (number, task)
    case .stopTools(let serial): toolTasks.removeValue(forKey: serial)?.task.cancel()
    case .find(let serial, let key, let seconds):
      cache?.find(key, within: seconds) { [mailbox] in mailbox.post(.found(serial: serial, $0)) }
    case .keep(let key, let seconds, let value): cache?.keep(key, seconds: seconds, value)
    case .write(let letter, let receipt): write(letter, receipt)
    case .pause(let partition): consumer?.pause(TopicPartition(topic: topic, partition: partition))
    case .resume(let partition, let offset):
      consumer?.resume(TopicPartition(topic: topic, partition: partition), at: offset)
    case .commit(let entries): commit(entries)
    }
  }

  private func tell(_ attempt: Attempt) {
    let call = attempt.command.call
    log.debug(
      "call.try", ("call", call.text), ("try", attempt.number), ("provider", attempt.route.provider),
      ("trace", Trace.trace(of: attempt.command.traceparent, subject: call.deliberation) ?? ""))
  }

  private func write(_ letter: Letter, _ receipt: Receipt) {
    if log.tellsDetails, case .outcome(let event, let command) = letter {
      let trace = Trace.trace(of: command.traceparent, subject: event.call.deliberation) ?? ""
      log.debug("call.ended", ("call", event.call.text), ("type", event.type), ("trace", trace))
    }
    producer.send(letters.outgoing(letter, now: Clock.now())) { [mailbox, log] result in
      let delivery: Delivery
      switch result {
      case .success: delivery = .acknowledged
      case .failure(.closed):
        // the process ends, and whoever takes the partition over does it again
        return
      case .failure(let error):
        log.warning("record.refused", ("why", error.description))
        delivery = if case .tooLarge = error { .tooLarge } else { .refused }
      }
      if receipt != .signal { mailbox.post(.written(receipt, delivery)) }
    }
  }

  private func commit(_ entries: [CommitEntry]) {
    guard let consumer else {
      table.committed(false, now: Clock.now())
      return
    }
    let offsets = entries.map { (TopicPartition(topic: topic, partition: $0.partition), $0.offset, $0.metadata) }
    consumer.commit(offsets) { [weak self] result in
      guard let self else { return }
      if case .failure(let error) = result {
        log.warning("lane.commit_failed", ("lane", lane), ("why", error.description))
      }
      table.committed((try? result.get()) != nil, now: Clock.now())
      act()
    }
  }

  // MARK: after the consumer

  /// The consumer has stopped: lets the calls that run end, for as long as is given, and tells other callers of them.
  /// Answers how many had to be left.
  func drain(until end: Moment) -> Int {
    consumer = nil
    let bell = Bell()
    mailbox.onMail { bell.ring() }
    while true {
      collect()
      let now = Clock.now()
      table.tick(now)
      act()
      meters.show(table, isConnected: false)
      if table.isIdle || now >= end { break }
      bell.wait(until: min(end, table.wake ?? end))
    }
    mailbox.onMail(nil)
    let left = table.inFlight
    for exchange in exchanges.values { exchange.stop() }
    for (_, task) in toolTasks.values { task.cancel() }
    return left
  }
}

import Bus
import Calls
import Deliberation
import Models

/// A model-caller: the real table of calls, driven as its loop drives it, over scripted providers.
final class CallerProcess: Node {
  private enum Step { case hear, read(Int32), exchange, write, acknowledge, committed, tick }

  private struct Exchange {
    let attempt: Attempt
    let script: Script.Try
    let due: Int64?
    var isStopping = false
    var hasSpoken = false
  }

  private struct Reading {
    var position: Int
    /// As the last owner committed it.
    let map: OffsetMap
    var isPaused = false
    /// Another process has the partition, and this one has not been told.
    var isLost = false
  }

  /// Of this life, unique in the run.
  let number: Int
  let name: String
  private let universe: Universe
  private var table: CallTable
  /// When the table wants to be asked again.
  private var tick: Moment?
  private var partitions: [Int32: Reading] = [:]
  private var exchanges: [Exchange] = []
  private var script = Script()
  private var outbox = Outbox<Receipt>()
  private var commit: [CommitEntry]?
  private var heard = 0
  private var cancelled: Set<String> = []
  /// The first command that was read for a call and is not finished, and whether its partition was this process's.
  private var places: [String: (partition: Int32, offset: Int64, isOwner: Bool)] = [:]
  private var epoch = 0
  private var letters = 0
  var isFaulty = true

  /// Hears what was said before it takes any work.
  init(_ universe: Universe, name: String, number: Int) {
    self.universe = universe
    self.name = name
    self.number = number
    var limits = CallLimits()
    limits.partitions = Int(universe.partitions)
    // some are so narrow that what comes to them waits, and now and then their partitions do
    if universe.pick(0..<3) == 0 { (limits.inFlight, limits.waiting) = (2, 3) }
    table = CallTable(
      instance: "\(name)/\(number)", limits: limits,
      gates: Dictionary(uniqueKeysWithValues: Asks.providers.map { ($0, Gate(limit: 1_000)) }),
      seed: UInt64(number) &+ UInt64(universe.pick(0..<1_000_000)), routes: Asks.routes)
    while heard < universe.length(.signals) { hear(isFirst: true) }
    act()
  }

  // MARK: Partitions

  func owns(_ partition: Int32) -> Bool { partitions[partition]?.isLost == false }

  func assign(_ partition: Int32) {
    notice()
    universe.tell("caller \(number) is given \(partition)")
    epoch += 1
    let last = universe.committed[.init(service: "model-caller", partition: partition)] ?? (0, "")
    let committed = (offset: last.offset, metadata: universe.mutation == .mapIgnored ? "" : last.metadata)
    table.assigned(
      Assignment(
        partition: TopicPartition(topic: universe.topics.calls("default"), partition: partition), epoch: epoch,
        committed: committed.offset, metadata: committed.metadata), now: time)
    partitions[partition] = Reading(
      position: Int(committed.offset), map: OffsetMap.decode(committed.metadata, base: committed.offset))
    act()
  }

  /// The partition is given away in order: with a last commit, which says what goes on here; false where that failed.
  func revoke(_ partition: Int32, isCommitted: Bool) {
    universe.tell("caller \(number) gives \(partition) away\(isCommitted ? "" : ", and its last commit fails")")
    finishCommit()
    partitions[partition] = nil
    let entries = table.revoked([partition], lost: false, now: time)
    if isCommitted { apply(entries) }
    act()
  }

  /// Another process has the partition now.
  func loseLease(_ partition: Int32) {
    universe.tell("caller \(number) has lost \(partition)")
    partitions[partition]?.isLost = true
  }

  /// It is told which partitions it has lost.
  func notice() {
    let lost = partitions.filter(\.value.isLost).keys.sorted()
    guard !lost.isEmpty else { return }
    // what it still had to commit belongs to a time when it was a member
    finishCommit()
    for partition in lost { partitions[partition] = nil }
    _ = table.revoked(lost, lost: true, now: time)
    act()
  }

  var hasLost: Bool { partitions.values.contains(where: \.isLost) }

  // MARK: Node

  private var time: Moment { Moment(milliseconds: universe.now) }
  private var isDue: Bool { tick.map { $0 <= time } ?? false }

  private func isReadable(_ partition: Int32) -> Bool {
    guard let reading = partitions[partition], !reading.isPaused else { return false }
    return reading.position < universe.length(.calls, partition)
  }

  private func isOver(_ exchange: Exchange) -> Bool {
    exchange.isStopping || exchange.due.map { $0 <= universe.now } ?? false
  }

  var isBusy: Bool {
    heard < universe.length(.signals) || !outbox.isEmpty || commit != nil || isDue || exchanges.contains(where: isOver)
      || (0..<universe.partitions).contains(where: isReadable)
  }

  var wake: Int64? {
    let next = exchanges.reduce(tick?.milliseconds ?? .max) { min($0, $1.due ?? .max) }
    return next == .max ? nil : next
  }

  func step() {
    var steps: [Step] = []
    if heard < universe.length(.signals) { steps.append(.hear) }
    for partition in 0..<universe.partitions where isReadable(partition) { steps.append(.read(partition)) }
    let over = exchanges.indices.filter { isOver(exchanges[$0]) }
    if !over.isEmpty { steps.append(.exchange) }
    if outbox.hasUnderWay { steps.append(.write) }
    if outbox.hasWritten { steps.append(.acknowledge) }
    if commit != nil { steps.append(.committed) }
    if isDue { steps.append(.tick) }
    guard !steps.isEmpty else { return }
    switch universe.pick(steps) {
    case .hear: hear(isFirst: false)
    case .read(let partition): read(partition)
    case .exchange: goOn(universe.pick(over))
    case .write: outbox.write(universe, faults: isFaulty)
    case .acknowledge:
      if let receipt = outbox.acknowledged(universe), receipt != .signal {
        table.acknowledged(receipt, .acknowledged, now: time)
      }
    case .committed: finishCommit()
    case .tick: table.tick(time)
    }
    act()
  }

  func kill() {
    if universe.chance(50) { finishCommit() }
    universe.tell("caller \(number) dies")
    universe.executions.died(number)
    outbox.abandon(universe)
  }

  var unfinished: String? {
    table.isIdle ? nil : "\(name) has \(table.inFlight) calls in flight and \(table.held) held"
  }

  /// A process that is not held up says what it must in time, and hears what others say.
  func sayAndHear() {
    guard isDue || outbox.hasUnderWay || heard < universe.length(.signals) else { return }
    table.tick(time)
    act()
    outbox.flush(universe.topics.signals, universe)
    while heard < universe.length(.signals) { hear(isFirst: false) }
    act()
  }

  // MARK: What comes in

  private func hear(isFirst: Bool) {
    let record = universe.record(.signals, 0, heard)
    heard += 1
    guard let type = record.headers.text("ce_type"), let value = record.value,
      let signal = try? Signal.parse(type: type, value: value)
    else {
      universe.broken.append("a signal cannot be read")
      return
    }
    switch signal {
    case .cancelled(let deliberation, let calls): cancelled.formUnion(calls ?? [deliberation])
    case .running:
      // old names say nothing about now
      if isFirst, universe.now - record.timestamp > 10_000 || universe.mutation == .deaf { return }
      if universe.mutation == .deaf { return }
    case .ended: break
    }
    if isFirst, universe.mutation == .forgetsCancels { return }
    table.heard(signal, now: time)
  }

  private func read(_ partition: Int32) {
    guard let reading = partitions[partition] else { return }
    partitions[partition]?.position += 1
    let record = universe.record(.calls, partition, reading.position)
    if let id = record.headers.text("ce_id"), places[id] == nil, !reading.map.isFinished(record.offset) {
      places[id] = (partition, record.offset, !reading.isLost)
    }
    table.received(record, now: time)
  }

  private func goOn(_ index: Int) {
    let exchange = exchanges[index]
    let (serial, number) = (exchange.attempt.serial, exchange.attempt.number)
    if !exchange.script.shown.isEmpty, !exchange.hasSpoken, !exchange.isStopping {
      exchanges[index].hasSpoken = true
      table.spoke(serial: serial, number: number, now: time)
      table.delta(serial: serial, number: number, AnswerDelta(text: exchange.script.shown), now: time)
      return
    }
    exchanges.remove(at: index)
    var failure = exchange.script.failure
    if exchange.isStopping { failure = ProviderFailure(.cancelled, message: "stopped", remedy: .none) }
    table.ended(
      serial: serial, number: number, exchange.isStopping ? ProviderAnswer() : exchange.script.answer, failure,
      firstToken: time, now: time)
  }

  private func finishCommit() {
    guard let entries = commit else { return }
    commit = nil
    // fenced: the whole of it is refused where one partition is another's
    let isOwner = entries.allSatisfy { owns($0.partition) }
    if isOwner { apply(entries) } else { universe.count("commit of a zombie refused") }
    table.committed(isOwner, now: time)
  }

  private func apply(_ entries: [CommitEntry]) {
    for entry in entries {
      var map = OffsetMap.decode(entry.metadata, base: entry.offset)
      var metadata = entry.metadata
      if universe.mutation == .marksIgnored {
        for mark in map.marks { map.unmark(mark) }
        metadata = map.encode()?.metadata ?? ""
      }
      if !map.marks.isEmpty { universe.count("calls marked as running elsewhere") }
      universe.committed[.init(service: "model-caller", partition: entry.partition)] = (entry.offset, metadata)
      universe.executions.committed(entry.partition, map)
      universe.tell("caller \(number) commits \(entry.partition): \(map)")
    }
  }

  // MARK: What the table wants

  private func act() {
    for action in table.take() {
      switch action {
      case .start(let attempt): start(attempt)
      case .stop(let serial, let number):
        for index in exchanges.indices
        where exchanges[index].attempt.serial == serial && exchanges[index].attempt.number == number {
          exchanges[index].isStopping = true
        }
      case .use, .stopTools, .find, .keep: universe.broken.append("a caller without tools and cache wants \(action)")
      case .write(let letter, let receipt): outbox.send(envelope(letter), receipt)
      case .pause(let partition): partitions[partition]?.isPaused = true
      case .resume(let partition, let offset):
        partitions[partition]?.isPaused = false
        partitions[partition]?.position = Int(offset)
      case .commit(let entries): commit = entries
      }
    }
    tick = table.wake
  }

  private func start(_ attempt: Attempt) {
    let result = script.play(attempt, universe)
    exchanges.append(Exchange(attempt: attempt, script: result, due: result.after.map { universe.now + $0 }))
    guard attempt.number == 1, let place = places[attempt.command.id] else { return }
    let call = attempt.command.call
    universe.tell("caller \(number) begins \(call), commanded at \(place.partition)/\(place.offset)")
    let begun = universe.executions.began(
      call.text, process: number, partition: place.partition, offset: place.offset,
      isOwner: place.isOwner && owns(place.partition))
    if begun.isAgain { universe.count("call repeated") }
    if let wrong = begun.wrong { universe.broken.append(wrong) }
    if cancelled.contains(call.text) || cancelled.contains(call.deliberation) {
      universe.broken.append("\(call) was begun though \(name) had heard that it is cancelled")
    }
  }

  private func envelope(_ letter: Letter) -> Outgoing {
    letters += 1
    func headers(_ id: String?, _ type: String, subject: String? = nil) -> [Header] {
      Envelope(
        id: id ?? "\(name)/\(number)/\(letters)", type: type, source: "/conclave/model-caller", instance: name,
        subject: subject, time: time.rfc3339
      ).headers
    }
    switch letter {
    case .outcome(let event, _):
      let subject = event.call.deliberation
      return Outgoing(
        topic: universe.topics.events, key: Array(subject.utf8), value: event.value,
        headers: headers(event.id, event.type, subject: subject))
    case .deltas(let record):
      universe.count("text shown")
      return Outgoing(
        topic: universe.topics.replies, partition: Int32(record.address.partition), key: nil, value: record.value,
        headers: headers(nil, DeltaRecord.type))
    case .signal(let signal):
      universe.tell("caller \(number) says \(signal)")
      universe.count(signal.type)
      return Outgoing(
        topic: universe.topics.signals, partition: 0, key: nil, value: signal.value, headers: headers(nil, signal.type))
    case .deadLetter(let record, let reason):
      universe.broken.append("a dead letter: \(reason)")
      return Outgoing(topic: universe.topics.deadLetters, partition: 0, key: record.key, value: nil)
    }
  }
}

import Bus
import Deliberation
import Folding
import Threads

/// One deciding service on one partition of the log, in the runtime that production uses.
final class DecidingNode<Logic: Decides>: Node {
  private let service: String
  private let partition: Int32
  private(set) var fold: PartitionFold<DeliberationDecider<Logic>>
  private var outbox = Outbox<FoldToken>()
  private var read: Int64
  var isOwner = true

  /// Takes the partition over from where the last owner committed, as production does.
  init(_ universe: Universe, service: String, partition: Int32, logic: Logic) {
    self.service = service
    self.partition = partition
    let committed = universe.committed[.init(service: service, partition: partition)]
    let resumed = Progress(committed: committed?.0 ?? 0, metadata: committed?.1)
    let back = universe.chance(50) ? resumed.committed : min(resumed.committed, Int64(universe.pick(0..<20)))
    read = resumed.committed - back
    let time = universe.time
    let decider = DeliberationDecider(
      logic: logic, topics: universe.topics,
      sender: Sender(service: service, instance: service, incarnation: "0", clock: { time.withLock { $0 } }),
      hashes: true)
    fold = PartitionFold(
      decider: decider, limits: FoldLimits(), resumed: resumed, start: read,
      end: Int64(universe.log(universe.topics.events, partition).count), now: universe.now)
  }

  var wake: Int64? { fold.nextTick }

  func step(_ universe: Universe) -> Bool {
    let log = universe.log(universe.topics.events, partition)
    switch universe.pick(0..<10) {
    case 0..<4 where read < log.count:
      let record = log[Int(read)]
      read += 1
      do {
        carryOut(fold.read(try FoldRecord(record, partitions: universe.partitions), now: universe.now))
      } catch {
        carryOut(fold.unreadable(record, reason: error.description, now: universe.now))
      }
    case 4..<7 where outbox.hasUnderWay: outbox.write(universe, faults: isFaulty)
    case 7..<9 where outbox.hasWritten:
      if let token = outbox.acknowledged(universe) { carryOut(fold.acknowledged(token, now: universe.now)) }
    case 9:
      carryOut(fold.tick(now: universe.now))
      if isOwner {
        let progress = fold.progress()
        universe.committed[.init(service: service, partition: partition)] = (progress.committed, progress.metadata)
      }
    default: break
    }
    return read < universe.log(universe.topics.events, partition).count || !outbox.isEmpty
      || (fold.nextTick.map { $0 <= universe.now } ?? false)
  }

  var isFaulty = true

  func kill(_ universe: Universe) { outbox.abandon(universe) }

  private func carryOut(_ actions: [FoldAction]) {
    for action in actions {
      switch action {
      case .send(let record, let token): outbox.send(record, token)
      case .deadLetter(let record, let reason, let token):
        outbox.send(
          Outgoing(topic: "dead", partition: 0, key: record.key, value: Array(reason.utf8), headers: []), token)
      }
    }
  }
}

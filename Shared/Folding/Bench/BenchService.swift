internal import Bus
internal import Deliberation

/// A deciding service without a bus: what it sends is acknowledged at once.
protocol BenchServing: AnyObject {
  /// Reads one record and says what it sends on that.
  func read(_ record: Record) -> [Outgoing]
}

final class BenchService<Logic: Decides>: BenchServing {
  private var fold: PartitionFold<DeliberationDecider<Logic>>
  private var position: Int64 = 0
  private let moment: Int64

  init(_ logic: Logic, _ name: String, _ topics: Topics, at moment: Int64 = BenchHistory.start) {
    self.moment = moment
    let sender = Sender(service: name, instance: "bench", incarnation: "0") { moment }
    fold = PartitionFold(
      decider: DeliberationDecider(logic: logic, topics: topics, sender: sender, hashes: logic.settles),
      limits: FoldLimits(), resumed: Progress(committed: 0, acknowledged: 0, timestamp: 0), start: 0, end: 0,
      now: moment)
  }

  var openCount: Int { fold.openCount }

  func read(_ record: Record) -> [Outgoing] {
    // a place of its own on this partition, wherever it stood when it was made
    let placed = Record(
      topic: record.topic, partition: 0, offset: position, timestamp: record.timestamp, key: record.key,
      value: record.value, headers: record.headers)
    position += 1
    guard let read = try? FoldRecord(placed, partitions: 1) else { return [] }
    var sent: [Outgoing] = []
    var actions = fold.read(read, now: moment)
    while !actions.isEmpty {
      var next: [FoldAction] = []
      for action in actions {
        guard case .send(let outgoing, let token) = action else { continue }
        sent.append(outgoing)
        next += fold.acknowledged(token, now: moment)
      }
      actions = next
    }
    return sent
  }
}

import Bus
import Deliberation
import Folding
import Threads

/// Everything there is in one run: the topics, the time, and the numbers drawn from the seed. Nothing else is random and
/// nothing else tells the time, so a seed is a run.
final class Universe {
  var random: Seeded
  let topics: Topics
  let partitions: Int32 = 2
  let time = Lock<Int64>(1_700_000_000_000)
  /// Per topic and partition.
  private var logs: [String: [[Record]]] = [:]
  /// What each service committed, by service and partition.
  var committed: [Place: (Int64, String)] = [:]
  /// How often each caller's partition lost its owner.
  var callerLosses = 0
  /// How often each class of thing happened, so that a run of seeds can show that it tried them all.
  var seen: [String: Int] = [:]

  struct Place: Hashable {
    let service: String
    let partition: Int32
  }

  init(seed: UInt64) {
    random = Seeded(seed)
    topics = Topics(BusSettings(bootstrap: "", kind: .kafka, partitions: 2))
  }

  var now: Int64 { time.withLock { $0 } }
  func advance(to moment: Int64) { time.withLock { $0 = max($0, moment) } }

  func count(_ what: String) { seen[what, default: 0] += 1 }
  func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  func pick(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

  func log(_ topic: String, _ partition: Int32 = 0) -> [Record] {
    guard let log = logs[topic], log.indices.contains(Int(partition)) else { return [] }
    return log[Int(partition)]
  }

  func all(_ topic: String) -> [Record] { (0..<partitions).flatMap { log(topic, $0) } }

  func append(_ record: Outgoing) {
    let partition = record.partition ?? Partitioner.murmur2(record.key ?? [], partitions: partitions)
    var log = logs[record.topic] ?? Array(repeating: [], count: Int(partitions))
    log[Int(partition)].append(
      Record(
        topic: record.topic, partition: partition, offset: Int64(log[Int(partition)].count), timestamp: now,
        key: record.key, value: record.value, headers: record.headers))
    logs[record.topic] = log
  }
}

/// A generator that gives the same numbers for the same seed, everywhere.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0xD1B5_4A32_D192_ED03 }

  mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

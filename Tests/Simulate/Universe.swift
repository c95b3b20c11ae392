import Bus
import Deliberation
import Folding
import Threads

/// Everything there is in one run: the topics, the time, and the numbers drawn from the seed. Nothing else is random and
/// nothing else tells the time, so a seed is a run.
final class Universe {
  enum Topic: Int, CaseIterable { case events, calls, mute, signals, replies, results, dead }

  struct Place: Hashable {
    let service: String
    let partition: Int32
  }

  /// A command that a decider handed to its producer.
  struct Sent {
    let place: Place
    /// The end of the log as its owner found it: everything before was folded before it decided.
    let foldedTo: Int64
  }

  let mutation: Mutation?
  let topics = Topics(BusSettings(bootstrap: "", kind: .kafka, partitions: 2, lanes: ["default", "mute"]))
  let partitions: Int32 = 2
  private var random: Seeded
  private(set) var now: Int64 = 1_700_000_000_000
  /// The same time, for those who must be able to ask for it from anywhere.
  private let clock: Lock<Int64>
  private var logs: [[[Record]]]
  /// When each record came, among all records of all topics.
  private var sequences: [[[Int]]]
  private let names: [String: Topic]
  private(set) var sequence = 0
  /// What was on its way when its writer died.
  private var delayed: [Outgoing] = []

  /// What each owner committed.
  var committed: [Place: (offset: Int64, metadata: String)] = [:]
  /// How often a partition of a service got another owner, for whatever reason.
  private(set) var lives: [Place: Int] = [:]
  /// By `ce_id`.
  private(set) var sent: [String: [Sent]] = [:]
  /// The states of what ended, as each decider let go of them.
  var closed: [(place: Place, state: Deliberation)] = []
  let cancels = Lock<[String: [Dispatching.PendingCancel]]>([:])
  /// Deliberations that were to be cancelled before their ask was taken in.
  var cancelledFirst: Set<String> = []
  var executions = Executions()
  /// How often each class of thing happened, so that a run of seeds can show that it tried them all.
  private(set) var seen: [String: Int] = [:]
  /// What went wrong and was seen at once.
  var broken: [String] = []
  /// Whether all that happens is printed.
  private let isTold: Bool

  init(seed: UInt64, mutation: Mutation?, isTold: Bool) {
    self.isTold = isTold
    random = Seeded(seed)
    self.mutation = mutation
    clock = Lock(now)
    let empty = [[Record]](repeating: [], count: Int(partitions))
    logs = Topic.allCases.map { _ in empty }
    sequences = Topic.allCases.map { _ in [[Int]](repeating: [], count: empty.count) }
    names = [
      topics.events: .events, topics.calls("default"): .calls, topics.calls("mute"): .mute, topics.signals: .signals,
      topics.replies: .replies, topics.results: .results, topics.deadLetters: .dead,
    ]
  }

  // MARK: Time and chance

  var clockwork: @Sendable () -> Int64 {
    let clock = clock
    return { clock.withLock { $0 } }
  }

  func advance(to moment: Int64) {
    now = max(now, moment)
    let now = now
    clock.withLock { $0 = now }
  }

  func count(_ what: String) { seen[what, default: 0] += 1 }
  func chance(_ percent: Int) -> Bool { pick(0..<100) < percent }
  func pick(_ range: Range<Int>) -> Int {
    range.lowerBound + Int(truncatingIfNeeded: random.next() % UInt64(range.upperBound - range.lowerBound))
  }
  func pick<Element>(_ list: [Element]) -> Element { list[pick(0..<list.count)] }

  func tell(_ what: @autoclosure () -> String) {
    guard isTold else { return }
    let time = "\(now - 1_700_000_000_000)"
    print(String(repeating: " ", count: max(0, 8 - time.count)) + time, what())
  }

  // MARK: Topics

  func length(_ topic: Topic, _ partition: Int32 = 0) -> Int { logs[topic.rawValue][Int(partition)].count }

  func record(_ topic: Topic, _ partition: Int32, _ offset: Int) -> Record {
    logs[topic.rawValue][Int(partition)][offset]
  }

  func records(_ topic: Topic, _ partition: Int32) -> [Record] { logs[topic.rawValue][Int(partition)] }

  func sequences(_ topic: Topic, _ partition: Int32) -> [Int] { sequences[topic.rawValue][Int(partition)] }

  /// The first record that is not older.
  func offset(_ topic: Topic, _ partition: Int32, atTime time: Int64) -> Int64 {
    Int64(logs[topic.rawValue][Int(partition)].firstIndex { $0.timestamp >= time } ?? length(topic, partition))
  }

  func home(_ deliberation: String) -> Int32 { Partitioner.murmur2(Array(deliberation.utf8), partitions: partitions) }

  func append(_ record: Outgoing) {
    guard let topic = names[record.topic] else {
      broken.append("a record went to \(record.topic)")
      return
    }
    let single = topic == .signals || topic == .dead
    let partition = single ? 0 : record.partition ?? Partitioner.murmur2(record.key ?? [], partitions: partitions)
    sequence += 1
    tell("\(topic) \(partition)/\(length(topic, partition)): \(record.headers.text("ce_id") ?? "")")
    sequences[topic.rawValue][Int(partition)].append(sequence)
    logs[topic.rawValue][Int(partition)].append(
      Record(
        topic: record.topic, partition: partition, offset: Int64(length(topic, partition)), timestamp: now,
        key: record.key, value: record.value, headers: record.headers))
  }

  /// It arrives some time later, although whoever wrote it is gone.
  func delay(_ record: Outgoing) {
    count("delayed beyond its writer's death")
    delayed.append(record)
  }

  var hasDelayed: Bool { !delayed.isEmpty }
  func releaseOne() { if !delayed.isEmpty { append(delayed.remove(at: pick(0..<delayed.count))) } }

  // MARK: What the invariants want to know

  func began(_ place: Place) -> Int {
    lives[place, default: 0] += 1
    return lives[place, default: 0]
  }

  func sends(_ id: String, _ place: Place, foldedTo end: Int64) {
    sent[id, default: []].append(Sent(place: place, foldedTo: end))
  }
}

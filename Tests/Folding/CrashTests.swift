import Bus
import Folding
import Testing

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

/// One partition in memory with one owner that reads, sends, commits, and is killed between any two steps; sends may be
/// written without being acknowledged, and a zombie of the last life may still write what it had decided.
private struct World {
  var random: Seeded
  var log: [Record] = []
  var others: [String: [String]] = [:]
  var fold: PartitionFold<Toy>
  var committed = Progress(committed: 0, acknowledged: 0, timestamp: 0)
  var read: Int64 = 0
  var underWay: [(Outgoing, FoldToken)] = []
  var written: [FoldToken] = []
  var now: Int64 = 0
  var asked = 0
  /// How many subjects may be open by what was known before it was all folded.
  var mostOpen: Int?
  var takeovers = 0
  var tooMany: [String] = []

  init(seed: UInt64) {
    random = Seeded(seed)
    fold = Self.fresh(Progress(committed: 0, acknowledged: 0, timestamp: 0), start: 0, end: 0)
  }

  static func fresh(_ progress: Progress, start: Int64, end: Int64) -> PartitionFold<Toy> {
    PartitionFold(
      decider: Toy(), limits: FoldLimits(windowMilliseconds: 1_000_000), resumed: progress, start: start, end: end,
      now: 0)
  }

  mutating func append(_ subject: String, _ type: String, _ id: String, _ value: String = "") {
    let envelope = Envelope(id: id, type: type, source: "/t", subject: subject, time: "")
    log.append(
      Record(
        topic: "log", partition: 0, offset: Int64(log.count), timestamp: now, key: nil, value: Array(value.utf8),
        headers: envelope.headers))
  }

  mutating func carryOut(_ actions: [FoldAction]) {
    for action in actions { if case .send(let record, let token) = action { underWay.append((record, token)) } }
  }

  /// The brokers take one of the records under way.
  mutating func write() {
    guard let index = underWay.indices.randomElement(using: &random) else { return }
    let (record, token) = underWay.remove(at: index)
    store(record)
    written.append(token)
  }

  mutating func store(_ record: Outgoing) {
    let id = String(decoding: record.value ?? [], as: UTF8.self)
    let subject = String(id.prefix { $0 != "/" })
    if record.topic == "log" {
      append(subject, id.hasSuffix("/end") ? "ended" : "noted", id.hasSuffix("/end") ? "\(subject)/e\(now)" : id)
    } else {
      others[record.topic, default: []].append(id)
    }
  }

  mutating func crash() {
    // Some of what was under way still reaches the brokers; nobody hears of it.
    for (record, _) in underWay where Bool.random(using: &random) { store(record) }
    underWay = []
    written = []
    let back = Bool.random(using: &random) ? 0 : min(committed.committed, Int64.random(in: 0...9, using: &random))
    let start = committed.committed - min(back, committed.committed)
    fold = Self.fresh(committed, start: start, end: Int64(log.count))
    read = start
    mostOpen = fold.mostOpen
  }

  /// Once all is folded, no more may be open than was said before.
  mutating func count() {
    guard let most = mostOpen, !fold.isRefolding else { return }
    if fold.openCount > most { tooMany.append("\(fold.openCount) open at \(read), said to be at most \(most)") }
    mostOpen = nil
    takeovers += 1
  }

  mutating func step() {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<8 where asked < 12:
      append("s\(asked)", "opened", "s\(asked)/opened", String(now + 200))
      asked += 1
    case 8..<16 where asked > 0:
      let subject = "s\(Int.random(in: 0..<asked, using: &random))"
      append(subject, "vote", "\(subject)/v\(Int.random(in: 0..<3, using: &random))")
    case 16..<50:
      guard read < log.count else { return }
      let record = log[Int(read)]
      read += 1
      guard let readable = try? FoldRecord(record, partitions: nil) else { return }
      carryOut(fold.read(readable, now: now))
    case 50..<66: write()
    case 66..<82:
      guard let index = written.indices.randomElement(using: &random) else { return }
      carryOut(fold.acknowledged(written.remove(at: index), now: now))
    case 82..<90:
      let progress = fold.progress()
      if progress.committed >= committed.committed { committed = progress }
    case 90..<92: crash()
    default:
      now += 10
      carryOut(fold.tick(now: now))
    }
    count()
  }

  /// No more faults: everything must come to its end.
  mutating func settle() {
    for _ in 0..<20_000 {
      if read < log.count, let readable = try? FoldRecord(log[Int(read)], partitions: nil) {
        read += 1
        carryOut(fold.read(readable, now: now))
      } else if !underWay.isEmpty {
        write()
      } else if !written.isEmpty {
        carryOut(fold.acknowledged(written.removeLast(), now: now))
      } else if let tick = fold.nextTick {
        now = max(now + 1, tick)
        carryOut(fold.tick(now: now))
      } else {
        return
      }
    }
  }
}

@Suite("A partition whose owner is killed") struct CrashTests {
  @Test("ends everything once to whoever reads the log, whatever the moment", arguments: [0, 1, 2, 3])
  func crashes(block: Int) {
    var takeovers = 0
    for seed in (block * 250)..<(block * 250 + 250) {
      var world = World(seed: UInt64(seed))
      for _ in 0..<600 { world.step() }
      takeovers += world.takeovers
      #expect(world.tooMany == [], "seed \(seed)")
      world.settle()
      for number in 0..<world.asked {
        let subject = "s\(number)"
        let ends = world.log.filter { record in
          record.headers.text("ce_type") == "ended" && record.headers.text("ce_subject") == subject
        }
        guard let first = ends.first?.headers.text("ce_id") else {
          Issue.record("seed \(seed): \(subject) never ended")
          continue
        }
        // Every result follows the first end in log order, and there is one.
        let results = world.others["results", default: []].filter { $0.hasPrefix("\(subject)/e") }
        #expect(Set(results) == ["\(first)/result"], "seed \(seed)")
        // The event that names a command stands in the log only where the command was taken first.
        let isNoted = world.log.contains { $0.headers.text("ce_id") == "\(subject)/noted" }
        #expect(!isNoted || world.others["calls", default: []].contains("\(subject)/call"), "seed \(seed)")
      }
      #expect(world.fold.openCount == 0, "seed \(seed)")
      #expect(world.fold.pendingCount == 0, "seed \(seed)")
      #expect(world.fold.progress().committed == Int64(world.log.count), "seed \(seed)")
    }
    #expect(takeovers > 50)
  }
}

internal import Bus
internal import Deliberation
internal import Folding

/// What was read of a topic's partitions, from where each begins to where it ended when reading began.
struct LogReading: Sendable {
  struct Standing: Sendable {
    let partition: Int32
    let offset: Int64
    let record: AuditRecord
  }

  struct Gap: Sendable, Equatable {
    let partition: Int32
    let from: Int64
    let to: Int64
  }

  /// What of one deliberation is kept; nil: of all.
  let id: String?
  /// How many partitions the topic has.
  let partitions: Int32
  private(set) var records: [String: [Standing]] = [:]
  private(set) var gaps: [Gap] = []
  /// By partition: the first offset that is there, and the one behind the last.
  private(set) var lows: [Int32: Int64] = [:]
  private(set) var ends: [Int32: Int64] = [:]
  private(set) var count = 0
  private var next: [Int32: Int64] = [:]
  /// Those whose oldest records went while they were read.
  private var overtaken: Set<Int32> = []

  init(id: String?, partitions: Int32) {
    self.id = id
    self.partitions = partitions
  }

  var isWhole: Bool { next.count >= Int(partitions) && next.allSatisfy { $0.value >= ends[$0.key] ?? 0 } }

  mutating func begin(_ partition: Int32, low: Int64, end: Int64) {
    lows[partition] = low
    ends[partition] = end
    next[partition] = low
  }

  /// Its oldest records went before they could be read: what is missing there is no gap, and it begins with the next.
  mutating func overtake(_ partition: Int32) { overtaken.insert(partition) }

  mutating func take(_ record: Record) {
    let (partition, expected) = (record.partition, next[record.partition] ?? 0)
    guard record.offset >= expected, record.offset < ends[partition] ?? 0 else { return }
    if overtaken.remove(partition) != nil {
      move(partition, to: record.offset)
    } else if record.offset > expected {
      gaps.append(Gap(partition: partition, from: expected, to: record.offset))
    }
    next[partition] = record.offset + 1
    count += 1
    let event = ReadEvent(record, partitions: partitions)
    let subject = event.envelope?.subject ?? ""
    guard id == nil || subject == id else { return }
    var unreadable: String?
    if case .failure(let why) = event.event { unreadable = why.description }
    records[subject, default: []].append(
      Standing(
        partition: partition, offset: record.offset,
        record: AuditRecord(
          place: "\(record.topic)/\(partition)/\(record.offset)", row: record.offset, subject: subject,
          id: event.envelope?.id ?? "", type: event.envelope?.type ?? "", key: record.key,
          headers: HeaderBytes.encode(record.headers), value: record.value, unreadable: unreadable)))
  }

  /// What was read from before the new beginning is gone as well.
  private mutating func move(_ partition: Int32, to low: Int64) {
    lows[partition] = low
    gaps.removeAll { $0.partition == partition }
    for (subject, standing) in records {
      let left = standing.filter { $0.partition != partition }
      if left.count < standing.count { records[subject] = left.isEmpty ? nil : left }
    }
  }

  /// Holds what was read against itself.
  func audit(_ topic: String) -> Audit {
    var audit = Audit()
    for (partition, low) in lows {
      if let beginning = Audit.Beginning(place: "\(topic)/\(partition)", offset: low) { audit.note(beginning) }
    }
    for standing in records.values {
      // whatever of it stands on another partition is unreadable there
      let home = standing.first { $0.record.unreadable == nil } ?? standing[0]
      let beginning = Audit.Beginning(place: "\(topic)/\(home.partition)", offset: lows[home.partition] ?? 0)
      audit.check(standing.map(\.record), from: beginning)
    }
    for gap in gaps where id == nil {
      audit.add(
        Audit.Finding(
          kind: .missing, place: "\(topic)/\(gap.partition)/\(gap.from)",
          what: "the topic has no record from offset \(gap.from) to \(gap.to - 1)"))
    }
    return audit
  }
}

internal import Bus

/// Commands that were read while there was no room for their calls. They are kept here, up to a bound, instead of pausing
/// their partitions at once: a pause throws away whatever was fetched ahead, and a lane that is always full would pause
/// and fetch again for every few calls that end.
struct Anteroom: Sendable {
  struct Guest: Sendable {
    let record: Record
    /// Of the assignment under which it was read.
    let generation: Int
  }

  private var rows: [Int32: Queue<Guest>] = [:]
  /// The partitions of which some wait, the next one first.
  private var turns = Queue<Int32>()
  private(set) var count = 0
  private var bytes = 0
  private let countLimit: Int
  private let bytesLimit: Int

  init(countLimit: Int, bytesLimit: Int) {
    self.countLimit = countLimit
    self.bytesLimit = bytesLimit
  }

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count >= countLimit || bytes >= bytesLimit }
  var isHalfEmpty: Bool { count <= countLimit / 2 && bytes <= bytesLimit / 2 }

  mutating func add(_ record: Record, generation: Int) {
    if rows[record.partition] == nil { turns.append(record.partition) }
    rows[record.partition, default: Queue()].append(Guest(record: record, generation: generation))
    count += 1
    bytes += Self.size(record)
  }

  /// The next one of a partition that may go on; the partitions take turns.
  mutating func next(_ mayGoOn: (Int32) -> Bool) -> Guest? {
    for _ in 0..<turns.count {
      guard let partition = turns.popFirst() else { return nil }
      guard mayGoOn(partition) else {
        turns.append(partition)
        continue
      }
      guard let guest = rows[partition]?.popFirst() else { continue }
      if rows[partition]?.isEmpty == true { rows[partition] = nil } else { turns.append(partition) }
      count -= 1
      bytes -= Self.size(guest.record)
      return guest
    }
    return nil
  }

  /// Whoever owns the partition next reads them again.
  mutating func leave(_ partition: Int32) {
    guard var row = rows.removeValue(forKey: partition) else { return }
    count -= row.count
    while let guest = row.popFirst() { bytes -= Self.size(guest.record) }
    var others = Queue<Int32>()
    while let turn = turns.popFirst() { if turn != partition { others.append(turn) } }
    turns = others
  }

  /// What it takes here, about: headers are many and short.
  private static func size(_ record: Record) -> Int { (record.value?.count ?? 0) + 1_000 }
}

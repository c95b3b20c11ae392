internal import Bus

/// What a partition holds between the beginning of the window and the offset from which it is folded: read beside the
/// partition's own reader, and joined to its fold when all of it is there.
///
/// Nothing that is open begins in it, as whatever is open holds the committed offset back. So it says only what ended
/// lately, and keeps what has no end in it.
package struct Window<D: Decider>: Sendable {
  /// Where it ends: the first offset that the fold reads itself.
  let end: Int64
  private let decider: D
  private let maximum: Int
  /// What ended here, in the order of the ends; those beyond `maximum` are forgotten first.
  private(set) var order = Queue<String>()
  private(set) var ended: [String: Ended] = [:]
  /// The records of what has no end here, unparsed.
  private(set) var kept: [String: [FoldRecord]] = [:]
  /// The next offset to be read.
  package private(set) var position: Int64

  /// What is known of a subject that ended here.
  struct Ended: Sendable {
    let begins: Int64
    /// The ids of records that cause something when they come late, and came in time.
    var recalled: [String]
  }

  package init(decider: D, offsets: Range<Int64>, limits: FoldLimits) {
    self.decider = decider
    maximum = limits.rememberedMaximum
    position = offsets.lowerBound
    end = offsets.upperBound
  }

  package var isComplete: Bool { position >= end }

  /// A record was read. What comes again, or belongs to the fold itself, changes nothing.
  package mutating func read(_ record: FoldRecord) {
    guard record.offset >= position else { return }
    position = record.offset + 1
    guard record.offset < end else { return }
    let name = record.subject
    let isRecalled = decider.matters(late: record.envelope.type)
    if ended[name] != nil {
      if isRecalled { ended[name]?.recalled.append(record.envelope.id) }
      return
    }
    guard decider.closes(record, isFirst: kept[name] == nil) else {
      kept[name, default: []].append(record)
      return
    }
    let records = (kept.removeValue(forKey: name) ?? []) + [record]
    ended[name] = Ended(begins: records[0].offset, recalled: decider.recalled(records))
    order.append(name)
    while order.count > maximum, let oldest = order.first {
      ended[oldest] = nil
      order.removeFirst()
    }
  }

  /// The reader stands at `offset`, whatever was or could be read before it.
  package mutating func advanced(to offset: Int64) { position = max(position, offset) }
}

extension Decider {
  /// The ids of those that cause something when they come late.
  func recalled(_ records: [FoldRecord]) -> [String] {
    records.filter { matters(late: $0.envelope.type) }.map(\.envelope.id)
  }
}

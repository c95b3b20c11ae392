/// Holds what stands of deliberations against itself: hashes against contents, digests against hashes. What it finds it
/// names.
package struct Audit: Sendable {
  package struct Finding: Sendable, Equatable {
    package enum Kind: String, Sendable {
      /// A content is not what was hashed when it came in, or a field of its row not what was written down.
      case changed
      /// An offset between the first and the last has no row.
      case missing
      /// Two rows for one offset, or two facts of one id.
      case doubled
      /// The end rests on other events than those that stand here.
      case digest
      /// It cannot be read.
      case unreadable
      /// An erased content whose hash no tombstone names.
      case erased
    }

    package let kind: Kind
    package let deliberation: String?
    package let event: String?
    package let place: String
    package let what: String

    package init(kind: Kind, deliberation: String? = nil, event: String? = nil, place: String, what: String) {
      self.kind = kind
      self.deliberation = deliberation
      self.event = event
      self.place = place
      self.what = what
    }

    package var json: JSON {
      var object: JSONObject = ["kind": .string(kind.rawValue)]
      object.append("deliberation", ifPresent: deliberation.map { .string($0) })
      object.append("event", ifPresent: event.map { .string($0) })
      object.append("place", .string(place))
      object.append("what", .string(what))
      return .object(object)
    }
  }

  /// A call that was made twice, and what the second time cost.
  package struct PaidRepeat: Sendable, Equatable {
    package let event: String
    package let place: String
    package let first: String
    package let execution: String
    package let cost: Double

    package var json: JSON {
      [
        "event": .string(event), "place": .string(place), "first": .string(first), "execution": .string(execution),
        "cost": .double(cost),
      ]
    }
  }

  /// Where a partition begins that does not begin at offset 0: what stood before is gone by retention, or was gone when a
  /// copy began to be made.
  package struct Beginning: Sendable, Hashable {
    package let place: String
    package let offset: Int64

    /// nil where nothing is gone.
    package init?(place: String, offset: Int64) {
      guard offset > 0 else { return nil }
      self.place = place
      self.offset = offset
    }
  }

  /// The most that is listed of each; how many there are is counted.
  package static let mostListed = 1_000

  package private(set) var findings: [Finding] = []
  package private(set) var found = 0
  package private(set) var events = 0
  package private(set) var repeats = 0
  package private(set) var paidRepeats: [PaidRepeat] = []
  package private(set) var paid = 0
  /// In whole billionths of a dollar, so that the order of summing does not show.
  package private(set) var costRepeated: Int64 = 0
  package private(set) var deliberations = 0
  package private(set) var digests = 0
  package private(set) var forgotten = 0
  /// By where their partition begins: deliberations that began before it. What stands of them is checked, except the digest
  /// of their end, which rests on what is gone too.
  package private(set) var cut: [Beginning: Int] = [:]

  package init() {}

  package var json: JSON {
    [
      "passed": .bool(found == 0), "events": .int(Int64(events)), "deliberations": .int(Int64(deliberations)),
      "digests": .int(Int64(digests)), "forgotten": .int(Int64(forgotten)),
      "cut": .int(Int64(cut.values.reduce(0, +))), "begins": .array(begins), "repeats": .int(Int64(repeats)),
      "paid": .int(Int64(paid)), "paid_repeats": .array(paidRepeats.map(\.json)),
      "cost_repeated": .double(Double(costRepeated) / 1e9), "found": .int(Int64(found)),
      "findings": .array(findings.map(\.json)),
    ]
  }

  private var begins: [JSON] {
    cut.sorted { ($0.key.place, $0.key.offset) < ($1.key.place, $1.key.offset) }.map { beginning, count in
      ["place": .string(beginning.place), "offset": .int(beginning.offset), "cut": .int(Int64(count))]
    }
  }

  /// Says where a partition begins although nothing that stands there began before.
  package mutating func note(_ beginning: Beginning) { cut[beginning, default: 0] += 0 }

  package mutating func add(_ finding: Finding) {
    found += 1
    if findings.count < Self.mostListed { findings.append(finding) }
  }

  private mutating func add(_ kind: Finding.Kind, _ record: AuditRecord, _ what: String) {
    add(
      Finding(
        kind: kind, deliberation: record.subject.isEmpty ? nil : record.subject,
        event: record.id.isEmpty ? nil : record.id, place: record.place, what: what))
  }

  /// Goes through what stands of one deliberation, in its order. `beginning`: where its partition begins, if that is not
  /// at offset 0.
  package mutating func check(_ records: [AuditRecord], from beginning: Beginning? = nil) {
    deliberations += 1
    var facts: [String: AuditRecord] = [:]
    var places: [String: Int64] = [:]
    var order: [AuditRecord] = []
    var executions: [String: Set<String>] = [:]
    let (tombstone, hashes) = Self.tombstones(records)
    if tombstone != nil { forgotten += 1 }
    for record in records {
      events += 1
      if let other = places.updateValue(record.row, forKey: record.place) {
        add(.doubled, record, "stands twice, in rows \(other) and \(record.row)")
        continue
      }
      let derived = record.unreadable == nil ? Standing(record.hash, first: facts[record.id]?.hash) : .unreadable
      if record.found != record.hash {
        add(.changed, record, "its content is not what was read from the log: its hash is another")
      } else if !record.isSealed {
        add(.changed, record, "its row is not what was written down: the seal over its fields is another")
      } else if let standing = record.standing, standing != derived {
        add(.changed, record, "its row says \(standing), and after the rows before it it is \(derived)")
      }
      // what comes after the tombstone is erased as it comes in
      if record.erasure == .named, record.row < tombstone ?? .max, !hashes.contains(Hex.text(record.hash)) {
        add(.erased, record, "its content is erased, and no tombstone names its hash")
      }
      if let why = record.unreadable {
        // to those who decide it was never there
        add(.unreadable, record, why)
        continue
      }
      if let first = facts[record.id] {
        note(record, after: first, &executions)
      } else {
        facts[record.id] = record
        order.append(record)
        if case .outcome(let call, let execution, _) = record.matter {
          executions[call, default: []].insert(execution)
        }
      }
    }
    let end = Self.end(order)
    // what came in while the tombstone was on its way: it can only stand behind the end
    for record in records where record.erasure == .late && record.row <= end.map({ order[$0].row }) ?? .max {
      add(
        .erased, record, "its content is erased, and the tombstone does not name it although it stands before the end")
    }
    if let beginning, Self.isCut(records) {
      cut[beginning, default: 0] += 1
    } else if let end {
      digest(order, end)
    }
  }

  /// Whether it began before what stands: nothing but a refusal comes before the first request.
  private static func isCut(_ records: [AuditRecord]) -> Bool {
    let first = records.first { $0.name != nil && $0.name != .rejected && !$0.subject.isEmpty }
    return first.map { $0.name != .requested } ?? false
  }

  /// The first end; a rejection is one only where nothing was requested before it.
  private static func end(_ order: [AuditRecord]) -> Int? {
    let requested = order.firstIndex { $0.name == .requested } ?? order.count
    return order.indices.first { order[$0].name?.isEnd == true && (order[$0].name != .rejected || $0 < requested) }
  }

  private static func tombstones(_ records: [AuditRecord]) -> (row: Int64?, hashes: Set<String>) {
    var row: Int64?
    var all: Set<String> = []
    for record in records {
      guard case .tombstone(let hashes) = record.matter else { continue }
      row = row ?? record.row
      all.formUnion(hashes)
    }
    return (row, all)
  }

  /// A record that came again. With another content something was paid for twice, which is no error.
  private mutating func note(
    _ record: AuditRecord, after first: AuditRecord, _ executions: inout [String: Set<String>]
  ) {
    guard record.hash != first.hash, case .outcome(let call, let execution, let paid) = record.matter,
      executions[call, default: []].insert(execution).inserted
    else {
      repeats += 1
      return
    }
    self.paid += 1
    let cost = paid.flatMap { $0.isFinite && abs($0) < 1e9 ? $0 : nil } ?? 0
    costRepeated += Int64((cost * 1e9).rounded())
    guard paidRepeats.count < Self.mostListed else { return }
    paidRepeats.append(
      PaidRepeat(event: record.id, place: record.place, first: first.place, execution: execution, cost: cost))
  }

  private mutating func digest(_ order: [AuditRecord], _ place: Int) {
    guard case .end(let claimed, let count) = order[place].matter else { return }
    let end = order[place]
    digests += 1
    guard Int64(place) >= count else {
      let missing = count - Int64(place)
      add(.digest, end, "its end rests on \(count) events, and \(place) stand before it: \(missing) are missing")
      return
    }
    var hash = SHA256()
    for record in order.prefix(Int(count)) { hash.update("\(record.id) \(Hex.text(record.hash))\n") }
    let computed = Hex.text(hash.finish())
    if computed != claimed {
      add(.digest, end, "the digest of its \(count) events is \(computed), its end says \(claimed)")
    }
  }
}

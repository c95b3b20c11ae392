internal import Deliberation
internal import Store

/// Holds what is stored against itself: hashes against contents, digests against hashes, offsets against their
/// neighbours. What it finds it names.
struct Audit {
  struct Finding: Sendable, Equatable {
    enum Kind: String, Sendable {
      /// The content is not what was hashed when it came in.
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

    let kind: Kind
    let deliberation: String?
    let event: String?
    let place: String
    let what: String

    var json: JSON {
      var object: JSONObject = ["kind": .string(kind.rawValue)]
      object.append("deliberation", ifPresent: deliberation.map { .string($0) })
      object.append("event", ifPresent: event.map { .string($0) })
      object.append("place", .string(place))
      object.append("what", .string(what))
      return .object(object)
    }
  }

  /// The most that is listed; how many there are is counted.
  static let mostListed = 1_000

  private(set) var findings: [Finding] = []
  private(set) var found = 0
  private(set) var events = 0
  private(set) var repeats = 0
  private(set) var paidRepeats: [JSON] = []
  private(set) var costRepeated: Int64 = 0
  private(set) var deliberations = 0
  private(set) var digests = 0
  private(set) var forgotten = 0

  var json: JSON {
    [
      "passed": .bool(found == 0), "events": .int(Int64(events)), "deliberations": .int(Int64(deliberations)),
      "digests": .int(Int64(digests)), "forgotten": .int(Int64(forgotten)), "repeats": .int(Int64(repeats)),
      "paid_repeats": .array(paidRepeats), "cost_repeated": .double(Money.dollars(costRepeated)),
      "found": .int(Int64(found)), "findings": .array(findings.map(\.json)),
    ]
  }

  mutating func add(_ kind: Finding.Kind, _ row: Archive.Row, _ what: String) {
    add(
      Finding(
        kind: kind, deliberation: row.subject.isEmpty ? nil : row.subject, event: row.id.isEmpty ? nil : row.id,
        place: row.place, what: what))
  }

  mutating func add(_ finding: Finding) {
    found += 1
    if findings.count < Self.mostListed { findings.append(finding) }
  }

  // MARK: One deliberation

  /// Goes through what stands of one deliberation, in its order.
  mutating func check(_ rows: [Archive.Row]) {
    deliberations += 1
    var facts: [String: Archive.Row] = [:]
    var places: [String: Archive.Row] = [:]
    var order: [Archive.Row] = []
    var outcomes: [String: String] = [:]
    let tombstones = rows.filter { Event.Name(type: $0.type) == .forgotten }
    let forgottenHashes = Set(tombstones.flatMap { Self.hashes($0) })
    if !tombstones.isEmpty { forgotten += 1 }
    for row in rows {
      events += 1
      if let other = places.updateValue(row, forKey: row.place) {
        add(.doubled, row, "stands twice in the file, in rows \(other.seq) and \(row.seq)")
        continue
      }
      if row.isErased {
        // what comes after the tombstone is erased as it comes in
        if row.seq < tombstones.first?.seq ?? .max, !forgottenHashes.contains(Hex.text(row.hash)) {
          add(.erased, row, "its content is erased, and no tombstone names its hash")
        }
      } else if SHA256.hash(row.value ?? []) != row.hash {
        add(.changed, row, "its content is not what was read from the log: its hash is another")
      }
      if row.standing == .unreadable { add(.unreadable, row, row.why ?? "it cannot be read") }
      guard !row.id.isEmpty else { continue }
      if let first = facts[row.id] {
        note(row, after: first, &outcomes)
      } else {
        facts[row.id] = row
        order.append(row)
        if let (call, execution) = Self.execution(row), outcomes[call] == nil { outcomes[call] = execution }
      }
    }
    digest(order)
  }

  /// A record that came again. With another content something was paid for twice, which is no error.
  private mutating func note(_ row: Archive.Row, after first: Archive.Row, _ outcomes: inout [String: String]) {
    guard row.hash != first.hash else {
      repeats += 1
      return
    }
    guard let (call, execution) = Self.execution(row), outcomes[call] != execution,
      let cost = (try? JSON.parse(row.value ?? []))?["cost"]?.number
    else {
      repeats += 1
      return
    }
    costRepeated += Money.whole(cost) ?? 0
    paidRepeats.append(
      [
        "event": .string(row.id), "place": .string(row.place), "first": .string(first.place),
        "execution": .string(execution), "cost": .double(cost),
      ])
  }

  private mutating func digest(_ order: [Archive.Row]) {
    guard let place = order.firstIndex(where: { Event.Name(type: $0.type)?.isEnd ?? false }) else { return }
    let end = order[place]
    guard Event.Name(type: end.type) != .rejected, let value = end.value, let json = try? JSON.parse(value),
      let claimed = json["digest"]?.string, let count = json["digest_events"]?.int
    else { return }
    digests += 1
    guard place >= Int(count) else {
      add(
        .digest, end,
        "its end rests on \(count) events, and \(place) stand before it: \(Int(count) - place) are missing")
      return
    }
    var hash = SHA256()
    for row in order.prefix(Int(count)) { hash.update("\(row.id) \(Hex.text(row.hash))\n") }
    let computed = Hex.text(hash.finish())
    if computed != claimed {
      add(.digest, end, "the digest of its \(count) events is \(computed), its end says \(claimed)")
    }
  }

  private static func execution(_ row: Archive.Row) -> (call: String, execution: String)? {
    guard let name = Event.Name(type: row.type), name == .callCompleted || name == .callFailed,
      let json = try? JSON.parse(row.value ?? []), let call = json["call"]?.string
    else { return nil }
    return (call, json["execution"]?.string ?? "")
  }

  private static func hashes(_ row: Archive.Row) -> [String] {
    ((try? JSON.parse(row.value ?? []))?["hashes"]?.array ?? []).compactMap(\.string)
  }
}

extension Archive.Row {
  /// Where on the log it stood.
  var place: String { "\(topic)/\(partition)/\(offset)" + (log > 1 ? " (life \(log) of the bus)" : "") }
}

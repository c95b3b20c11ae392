/// How many asks may be taken in: the backlog waits in its topic, not in memory, and its clocks have not started.
///
/// An ask that was taken counts until its `requested` is read here; one whose deliberation lives on another process's
/// partition until five seconds after its acknowledgement, when that process counts it.
struct Admission {
  private let open: Int
  private let bulk: Int
  private var own: Set<String> = []
  private var foreign: [String: Int64?] = [:]
  static let foreignMilliseconds: Int64 = 5_000

  init(maxOpen: Int, bulkShare: Double) {
    open = maxOpen
    bulk = max(1, Int(Double(maxOpen) * bulkShare))
  }

  /// Taken and not yet counted among the open ones.
  var underWay: Int { own.count + foreign.count }

  /// Whether one more may be taken beside `openCount` open deliberations.
  func mayTake(isBulk: Bool, openCount: Int) -> Bool { openCount + underWay < (isBulk ? bulk : open) }

  mutating func took(_ deliberation: String, isOwn: Bool) {
    if isOwn { own.insert(deliberation) } else { foreign[deliberation] = .some(nil) }
  }

  mutating func acknowledged(_ deliberation: String, now: Int64) {
    if foreign[deliberation] != nil { foreign[deliberation] = .some(now) }
  }

  /// Its `requested` (or its end) was read here.
  mutating func read(_ deliberation: String) { own.remove(deliberation) }

  /// The partitions changed: what counted as own may live elsewhere now, and is counted there.
  mutating func reassigned() {
    own.removeAll()
  }

  mutating func tick(now: Int64) {
    guard !foreign.isEmpty else { return }
    foreign = foreign.filter { _, acknowledged in acknowledged.map { now - $0 < Self.foreignMilliseconds } ?? true }
  }
}

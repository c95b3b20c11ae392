internal import Bus

/// What the verifier is told on its command line.
struct Options: Sendable {
  static let usage = """
    usage: verifier --kafka HOST:PORT --record FILE [--embedded] [--prefix conclave.] [--partitions N] [--lane NAME]…
                    [--follow SECONDS] [--no-dedup] [--expect-doubles] [--expect-dead-letters]

    Reads the topics from their beginnings to their ends, and what the clients wrote down, and says whether the run
    kept its promises: exit status 0 when it did, 1 when not, 2 for wrong usage.
      --follow SECONDS   begin at once and read on until the record's last line is there, at most that long
      --no-dedup         take every record as a fact of its own (the control that shows what the rules can see)
      --expect-doubles   fail unless some id stands twice on a topic
    """

  var bootstrap = ""
  var record = ""
  var kind = BusSettings.Kind.kafka
  var prefix = "conclave."
  var partitions: Int?
  var lanes: [String] = []
  var follow: Duration?
  var demands = Verdict.Demands()

  /// nil: wrong usage.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--embedded": kind = .embedded
      case "--no-dedup": demands.deduplicate = false
      case "--expect-doubles": demands.doubles = true
      case "--expect-dead-letters": demands.deadLetters = true
      default:
        guard let value = rest.popFirst(), take(name, value) else { return nil }
      }
    }
    guard !bootstrap.isEmpty, !record.isEmpty else { return nil }
  }

  private mutating func take(_ name: String, _ value: String) -> Bool {
    switch name {
    case "--kafka": bootstrap = value
    case "--record": record = value
    case "--prefix": prefix = value
    case "--lane": lanes.append(value)
    case "--partitions":
      guard let count = Int(value), count > 0 else { return false }
      partitions = count
    case "--follow":
      guard let seconds = Int(value), seconds > 0 else { return false }
      follow = .seconds(seconds)
    default: return false
    }
    return true
  }

  var bus: BusSettings {
    BusSettings(
      bootstrap: bootstrap, kind: kind, prefix: prefix, partitions: partitions,
      lanes: lanes.isEmpty ? ["default"] : lanes)
  }
}

internal import Deliberation

/// What the clients of a run wrote down themselves, one JSON object a line, and what was done to the system meanwhile.
struct ClientRecord: Sendable, Equatable {
  /// An ask over HTTP and what came of it.
  struct Ask: Sendable, Equatable {
    var number: Int64
    var id: String?
    var status: Int64?
    /// SHA-256 of the answer, written anew by our own JSON writer so that white space does not matter.
    var answerHash: String?
    var error: String?
  }

  /// A process that was killed, and what it had in hand just before.
  struct Kill: Sendable, Equatable {
    var service: String
    var instance: String
    var at: Int64
    var inFlight: Int64
  }

  var asks: [Ask] = []
  /// Ids of asks that were written to a topic rather than sent over HTTP.
  var sent: [String] = []
  var kills: [Kill] = []
  /// The simulator's own count of calls that it was asked twice; nil where nobody could ask it.
  var simulatorRepeats: Int64?
  /// Whether the run's last line is there.
  var isOver = false
  var unreadableLines = 0

  var ids: [String] { asks.compactMap(\.id) + sent }

  init() {}

  mutating func take(line: [UInt8]) {
    guard let json = try? JSON.parse(line), let kind = json["kind"]?.string else {
      unreadableLines += 1
      return
    }
    switch kind {
    case "ask":
      asks.append(
        Ask(
          number: json["number"]?.int ?? -1, id: json["id"]?.string, status: json["status"]?.int,
          answerHash: json["answer_sha256"]?.string, error: json["error"]?.string))
    case "sent":
      if let id = json["id"]?.string { sent.append(id) } else { unreadableLines += 1 }
    case "kill":
      kills.append(
        Kill(
          service: json["service"]?.string ?? "", instance: json["instance"]?.string ?? "", at: json["at"]?.int ?? 0,
          inFlight: json["in_flight"]?.int ?? 0))
    case "simulator": simulatorRepeats = json["repeated"]?.int
    case "over": isOver = true
    default: break  // a note for people
    }
  }
}

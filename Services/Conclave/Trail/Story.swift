internal import Deliberation

/// What the ledger tells of a deliberation, sorted for reading.
struct Story {
  struct Call {
    let label: String
    let model: String
    let begin: Moment?
    let finish: Moment?
    let note: String
    let colour: Paint.Colour
  }

  struct Member {
    let index: Int
    let model: String
    let call: String
    var content: String?
    var why: String?
  }

  let summary: JSON
  let id: String
  let events: [JSON]
  let calls: [Call]
  /// What panels said: the last round's answers, or those that were judged again.
  let members: [Member]
  let analyses: [JSON]
  let answer: String?
  let begin: Moment?
  let end: Moment

  init(_ timeline: JSON) {
    let summary = timeline["deliberation"] ?? [:]
    self.summary = summary
    id = summary["id"]?.string ?? ""
    events = timeline["events"]?.array ?? []
    calls = (timeline["calls"]?.array ?? []).map(Self.call)
    let facts = events.filter { $0["standing"] == nil }
    let outcomes = Self.outcomes(facts)
    members = Self.members(facts, outcomes, id)
    analyses = Self.data(facts, "analysis.completed") + Self.data(facts, "analysis.degraded")
    let answering = Self.data(facts, "deliberation.completed").first?["answer_call"]?.string
    answer = answering.flatMap { outcomes[$0]?["content"]?.string }
    let times = events.compactMap { $0["time"]?.string.flatMap { Moment(rfc3339: $0) } }
    begin = times.min()
    end = times.max() ?? Moment(milliseconds: 0)
  }

  static func data(_ events: [JSON], _ name: String) -> [JSON] {
    events.filter { LogLine.name($0) == name }.compactMap { $0["data"] }
  }

  /// The first outcome of each call.
  private static func outcomes(_ facts: [JSON]) -> [String: JSON] {
    var outcomes: [String: JSON] = [:]
    for event in facts where ["call.completed", "call.failed"].contains(LogLine.name(event)) {
      guard let data = event["data"], let call = data["call"]?.string, outcomes[call] == nil else { continue }
      outcomes[call] = data
    }
    return outcomes
  }

  private static func members(_ facts: [JSON], _ outcomes: [String: JSON], _ id: String) -> [Member] {
    let requested = data(facts, "deliberation.requested").first
    if let recorded = requested?["recorded_panel"]?.array {
      return recorded.enumerated().map { index, answer in
        Member(
          index: index, model: answer["model"]?.string ?? "", call: "\(id)/panel/0/\(index)/0",
          content: answer["content"]?.string)
      }
    }
    guard let seal = data(facts, "panel.assembled").last else { return [] }
    var members: [Member] = []
    for (key, why) in [("answered", nil), ("failed", "failed"), ("abandoned", "was not waited for")]
      as [(String, String?)]
    {
      for call in (seal[key]?.array ?? []).compactMap(\.string) {
        let outcome = outcomes[call]
        let reason = [outcome?["reason"]?.string, outcome?["message"]?.string].compactMap(\.self).joined(
          separator: ": ")
        members.append(
          Member(
            index: CallID(call)?.member ?? 0,
            model: outcome?["model_asked"]?.string ?? outcome?["model"]?.string ?? "", call: call,
            content: why == nil ? outcome?["content"]?.string : nil, why: reason.isEmpty ? why : reason))
      }
    }
    return members.sorted { $0.index < $1.index }
  }

  /// Whose call that was.
  func who(_ call: String) -> String { members.first { $0.call == call }?.model ?? call }

  /// What the analysis was, as readers compare it.
  var lastAnalysis: JSON? { analyses.last }

  private static func call(_ told: JSON) -> Call {
    func moment(_ key: String) -> Moment? { told[key]?.string.flatMap { Moment(rfc3339: $0) } }
    let state = told["state"]?.string ?? ""
    let begin = moment("started") ?? moment("named")
    let finish = moment("finished")
    var note: [String] = []
    if let begin, let finish { note.append("\(max(0, finish - begin)) ms") }
    if let cost = told["cost"]?.number { note.append("$" + AskAnswer.dollars(cost)) }
    if let reason = told["reason"]?.string { note.append(reason.replacing("_", with: " ")) }
    if told["cached"]?.bool == true { note.append("cached") }
    for again in told["repeated"]?.array ?? [] {
      note.append("made twice: $" + AskAnswer.dollars(again["cost"]?.number ?? 0))
    }
    if state == "asked" { note.append("no outcome") }
    return Call(
      label: told["call"]?.string ?? "", model: told["model"]?.string ?? told["model_asked"]?.string ?? "",
      begin: begin,
      finish: finish, note: note.joined(separator: "  "),
      colour: state == "completed" ? .green : state == "failed" ? .red : .dim)
  }
}

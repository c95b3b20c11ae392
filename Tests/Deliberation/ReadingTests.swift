import Testing

@testable import Deliberation

@Suite("Reading an event") struct ReadingTests {
  private let id = "gen-1/call.completed/panel/0/3/0"
  private let outcome = CallCompleted(
    call: CallID("gen-1", .panel, member: 3), modelAsked: "~author/family-latest", model: "author/family-2",
    provider: "here", execution: "8c3f", content: "It \"is\" so — far.\n", reasoning: "hm",
    toolCalls: [["id": "x"]], tools: [["name": "search"]], usage: Usage(promptTokens: 3, completionTokens: 4),
    cost: 0.5, tries: [["status": 200]], started: Moment(milliseconds: 1), finished: Moment(milliseconds: 2))

  private func read(_ text: String, passing: Passing = []) throws -> CallCompleted {
    let event = try Event.parse(
      type: "conclave.call.completed.v1", id: id, value: Array(text.utf8), of: "gen-1", passing: passing)
    guard case .callCompleted(let read)? = event else { throw EventError("another event") }
    return read
  }

  @Test("finds its members in any order, and of two of one name takes the last") func order() throws {
    let members = try #require(outcome.json.object).members
    #expect(try read(outcome.json.text) == outcome)
    #expect(try read(JSON.object(JSONObject(unique: members.reversed())).text) == outcome)
    let text = outcome.json.text.dropFirst()
    #expect(try read(#"{"unknown":{"a":[1]},"cost":"dear","# + text) == outcome)
    #expect(try read(#"{"cost":"dear","provider":{"a":[1,{}]},"# + text) == outcome)
    #expect(try read(#"{"c\u006Fst":"dear","# + text) == outcome)
  }

  @Test("leaves out what its reader has no use for") func passed() throws {
    var rest = outcome
    rest.tools = []
    rest.tries = []
    rest.execution = "…"
    #expect(try read(outcome.json.text, passing: .course) == rest)
    rest.content = "…"
    #expect(try read(outcome.json.text, passing: [.course, .content]) == rest)
    for silent in ["", " \n\t", "\u{2003}"] {
      var quiet = outcome
      quiet.content = Passage(silent)
      #expect(try read(quiet.json.text, passing: .content).content == "")
    }
    var escaped = outcome
    escaped.content = "\n\u{1}"
    #expect(try read(escaped.json.text, passing: .content).content == "…")
  }

  @Test(
    "holds what it leaves out to the same rules",
    arguments: [
      #""content":5"#, #""content":["x"]"#, #""tries":{}"#, #""tools":"none""#, #""execution":[]"#,
      #""content":"\x""#, "\"content\":\"\n\"", #""tries":[1,]"#, #""tools":[{"a"}]"#, #""tries":[1e999]"#,
    ])
  func rules(member: String) throws {
    let text = "{\(member),"
    let members = try #require(outcome.json.object).members.filter { !member.hasPrefix("\"\($0.key)\"") }
    let whole = text + JSON.object(JSONObject(unique: members)).text.dropFirst()
    #expect(throws: EventError.self) { try read(whole) }
    #expect(throws: EventError.self) { try read(whole, passing: [.course, .content]) }
  }

  private let analysis = AnalysisCompleted(
    round: 0, call: CallID("gen-1", .judge), analysis: ["consensus": ["It \"is\" — so."], "blind_spots": []],
    changes: [.init(member: 0, from: "yes", to: "no")],
    evidence: [.init(point: "It is.", call: CallID("gen-1", .panel, member: 0), quote: "so", verified: true)],
    dropped: 1, promptVersion: "1")

  private func read(analysis text: String, passing: Passing = []) throws -> AnalysisCompleted {
    let event = try Event.parse(.analysisCompleted, value: Array(text.utf8), of: "gen-1", passing: passing)
    guard case .analysisCompleted(let read) = event else { throw EventError("another event") }
    return read
  }

  @Test("hands an analysis on as it was read, where it would be written so") func written() throws {
    let text = analysis.json.text
    #expect(try read(analysis: text) == analysis)
    guard case .written = try read(analysis: text).analysis else {
      Issue.record("it was built")
      return
    }
    let others = [
      (#""consensus":["#, #""consensus": ["#), (#"so."]"#, #"s\u006F."]"#), ("[]}", "[],\"blind_spots\":[]}"),
      ("[]}", "[ ]}"),
    ]
    for (part, other) in others {
      #expect(text.contains(part))
      let read = try read(analysis: text.replacing(part, with: other))
      #expect(read == analysis)
      #expect(read.analysis.bytes == analysis.analysis.bytes)
    }
  }

  @Test("leaves out of an analysis what its reader has no use for, and holds it to the same rules") func points() throws
  {
    let text = analysis.json.text
    let passed = try read(analysis: text, passing: [.points, .evidence])
    #expect(passed.analysis == [:] && passed.evidence.isEmpty && passed.changes == nil)
    #expect(passed.evidenceTotal == 1 && passed.evidenceVerified == 1 && passed.dropped == 1)
    #expect(try read(analysis: text, passing: .evidence).analysis == analysis.analysis)
    for (part, other) in [
      (#""quote":"so""#, #""quote":5"#), (#""point":"It is.","#, ""), (#""verified":true"#, #""verified":1"#),
      (#""from":"yes","#, ""), (#"{"consensus""#, #"["consensus"#),
    ] {
      #expect(text.contains(part))
      for passing in [[], .evidence, [.points, .evidence]] as [Passing] {
        #expect(throws: EventError.self) { try read(analysis: text.replacing(part, with: other), passing: passing) }
      }
    }
  }

  @Test("names calls alike whether it knows their deliberation or not") func calls() throws {
    let seal = PanelAssembled(
      round: 2, sealed: .quorum, answered: [CallID("gen-1", .panel, round: 2, member: 7, attempt: 1)],
      failed: [CallID("gen-12", .panel, round: 2, member: 0)])
    for known in ["", "gen-1", "gen-12", "gen-1/"] {
      let event = try Event.parse(
        type: "conclave.panel.assembled.v1", id: id, value: seal.json.bytes, of: known)
      #expect(event == .panelAssembled(seal))
    }
  }

  @Test("takes no command that names another deliberation than its call") func commands() throws {
    let command = CallCommand(
      call: CallID("gen-1", .panel, member: 3), models: ["a/b"], modelAsked: "a/b", tenant: "acme",
      messages: [["role": "user", "content": "Why?"]], deadline: Moment(milliseconds: 5))
    #expect(try CallCommand(command.json.bytes) == command)
    let other = command.json.text.replacing(#""deliberation":"gen-1""#, with: #""deliberation":"gen-2""#)
    #expect(throws: EventError.self) { try CallCommand(Array(other.utf8)) }
  }

  @Test("orders calls by purpose, round, member and attempt, and gives back each part") func keys() {
    var keys: [CallKey] = []
    for purpose in CallID.Purpose.ranked {
      for round in [0, 1, 999_999] {
        for member in [nil, 0, 7, 999_999] as [Int?] {
          for attempt in [0, 1, 999_999] {
            let key = CallKey(purpose, round: round, member: member, attempt: attempt)
            #expect(key.purpose == purpose && key.round == round && key.member == member && key.attempt == attempt)
            keys.append(key)
          }
        }
      }
    }
    #expect(keys == keys.sorted())
    #expect(Set(keys).count == keys.count)
  }
}

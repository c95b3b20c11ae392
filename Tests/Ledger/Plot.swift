import Bus
import Deliberation

@testable import Ledger

/// How a deliberation can go; each tells one that went so.
enum Plot: String, CaseIterable {
  case completed, failed, cancelled, rejected, refusedAgain, degraded, decided, debated, replaced, settled, recorded

  func tell(_ teller: inout Teller) -> [Teller.Told] {
    let told = teller.deliberation()
    var story = PlotStory(told)
    switch self {
    case .completed: return told
    case .failed: story.fail()
    case .cancelled: story.cancel()
    case .rejected: return [story.rejection()]
    case .refusedAgain: return Teller.ended([told[0], story.rejection()] + told.dropFirst().dropLast())
    case .degraded: story.degrade()
    case .decided: story.decide()
    case .debated: story.debate()
    case .replaced: story.replace()
    case .settled: return Teller.ended(Array(told.dropLast())) + [story.settled()]
    case .recorded: story.record()
    }
    return story.told
  }
}

/// A whole deliberation that is made to go otherwise.
struct PlotStory {
  private(set) var told: [Teller.Told]
  private let id: String
  private let refs = Teller.models.map { ModelRef(asked: $0, model: $0, lane: "default") }

  init(_ told: [Teller.Told]) {
    self.told = told
    id = told[0].subject
  }

  private func tell(_ event: Event, _ discriminator: some CustomStringConvertible) -> Teller.Told {
    Teller.Told(
      subject: id, id: IDs.event(id, event.name.rawValue, discriminator), type: event.type, time: told[0].time + 500,
      value: event.json.bytes)
  }

  private func outcome(_ call: CallID, failed: Bool = false, _ content: String = "a word of mine") -> Teller.Told {
    let model = Teller.models[call.member ?? 0]
    if failed {
      return tell(
        .callFailed(
          CallFailed(
            call: call, execution: "e\(call.local)", reason: .timeout, status: 504, message: "it said nothing",
            modelAsked: model, model: model, provider: "simulator", cost: 0.001)), call.local)
    }
    return tell(
      .callCompleted(
        CallCompleted(
          call: call, modelAsked: model, model: model, provider: "simulator", execution: "e\(call.local)",
          content: Passage(content), usage: Usage(promptTokens: 3, completionTokens: 4), cost: 0.002, tries: [],
          started: told[0].time + 10, firstToken: told[0].time + 20, finished: told[0].time + 30)), call.local)
  }

  /// With the digest of what stands before it.
  private mutating func end(_ event: (Totals) -> Event) {
    let digested = Teller.ended(told)
    guard
      case .completed(let completed)? = try? Event.parse(
        type: digested[told.count].type, id: digested[told.count].id, value: digested[told.count].value)
    else { return }
    told.append(tell(event(completed.totals), "end"))
  }

  mutating func fail() {
    let calls = (0..<3).map { CallID(id, .panel, member: $0) }
    told = Array(told.prefix(2)) + calls.map { outcome($0, failed: true) }
    told.append(tell(.panelAssembled(PanelAssembled(round: 0, sealed: .complete, answered: [], failed: calls)), 0))
    end { .failed(Failed(reason: .allPanelsFailed, message: "nobody spoke", statusCode: 502, totals: $0)) }
  }

  mutating func cancel() {
    told = Array(told.prefix(3))
    told.append(tell(.cancelRequested(CancelRequested(by: .client)), "c0ffee"))
    end { .cancelled(Cancelled(by: .client, totals: $0)) }
  }

  func rejection() -> Teller.Told {
    let origin = Origin(topic: "t", partition: 0, offset: 7, key: nil, id: "\(id)/again", source: "/pipeline")
    return tell(
      .rejected(
        Rejected(
          code: 422, errorType: "invalid_request", message: "of another body", path: nil, tenant: "default",
          form: .chat,
          bodyHash: "", reply: [], origin: origin, metadata: ["theirs": "words of theirs"])), origin.discriminator)
  }

  mutating func degrade() {
    told = Array(told.prefix(6))
    told.append(
      tell(
        .analysisDegraded(
          AnalysisDegraded(round: 0, reason: .upstreamError, call: CallID(id, .judge), message: "it was down")), 0))
    told.append(outcome(CallID(id, .answer)))
    told = Teller.ended(told)
  }

  mutating func decide() {
    let call = CallID(id, .decision)
    told =
      [
        told[0], outcome(call),
        tell(.decisionMade(DecisionMade(call: call, outcome: .fused, toolCallID: "t1")), call.local),
      ] + told.dropFirst().dropLast()
    told = Teller.ended(told)
  }

  mutating func debate() {
    let revisions = (0..<3).map { CallID(id, .panel, round: 1, member: $0) }
    let members = refs.enumerated().map { PanelDispatched.Member(index: $0, model: $1, call: revisions[$0]) }
    var story = Array(told.prefix(6))
    story.append(
      tell(
        .panelDispatched(
          PanelDispatched(round: 1, members: members, deadline: told[0].time + 1_000, promptVersion: "1")), 1))
    story += [outcome(revisions[0]), outcome(revisions[1], failed: true), outcome(revisions[2], "another word")]
    story.append(
      tell(
        .panelAssembled(
          PanelAssembled(
            round: 1, sealed: .quorum, answered: [revisions[0], CallID(id, .panel, member: 1), revisions[2]],
            failed: [revisions[1]])), 1))
    told = Teller.ended(story + told.dropFirst(6).dropLast())
  }

  mutating func replace() {
    let (failed, stands) = (CallID(id, .panel, member: 0), CallID(id, .panel, member: 0, attempt: 1))
    var story = Array(told.prefix(2)) + [outcome(failed, failed: true)]
    story.append(
      tell(
        .memberReplaced(
          MemberReplaced(
            round: 0, index: 0, model: refs[2], call: stands, deadline: told[0].time + 1_000, replaces: failed)),
        stands.local))
    story += [outcome(stands)]
    told = Teller.ended(story + told.dropFirst(3).dropLast())
  }

  func settled() -> Teller.Told {
    tell(.settled(Settled(usage: Usage(promptTokens: 77, completionTokens: 88), cost: 0.75, calls: 6)), "settled")
  }

  mutating func record() {
    guard case .requested(var requested)? = try? Event.parse(type: told[0].type, id: told[0].id, value: told[0].value)
    else { return }
    requested.recordedPanel = Teller.models.map {
      .init(model: $0, content: "recorded words of \($0)", call: "x/panel/0/0/0")
    }
    requested.replays = "gen-old"
    let calls = (0..<3).map { CallID(id, .panel, member: $0) }
    var story = [
      Teller.Told(
        subject: id, id: told[0].id, type: told[0].type, time: told[0].time,
        value: Event.requested(requested).json.bytes),
      tell(.panelAssembled(PanelAssembled(round: 0, sealed: .complete, answered: calls)), 0),
    ]
    story += told.dropFirst(6).dropLast()
    told = Teller.ended(story)
  }
}

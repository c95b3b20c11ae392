import Deliberation
import Testing

@testable import Conclave

@Suite("The progress of an ask") struct AskProgressTests {
  private let start = Moment(milliseconds: 1_000_000)

  private func call(_ member: Int, attempt: Int = 0, round: Int = 0) -> CallID {
    CallID("d", .panel, round: round, member: member, attempt: attempt)
  }

  private func dispatched(_ models: [String], round: Int = 0) -> Event {
    .panelDispatched(
      PanelDispatched(
        round: round,
        members: models.enumerated().map { index, model in
          .init(index: index, model: ModelRef(asked: model, model: model), call: call(index, round: round))
        }, deadline: start + 60_000, promptVersion: "1"))
  }

  private func completed(_ call: CallID, _ model: String, milliseconds: Int64) -> Event {
    .callCompleted(
      CallCompleted(
        call: call, modelAsked: model, model: model, execution: "e", content: "text", started: start,
        finished: start + milliseconds))
  }

  private func failed(_ call: CallID, _ model: String) -> Event {
    .callFailed(
      CallFailed(call: call, execution: "e", reason: .rateLimited, status: 429, message: "slow down", modelAsked: model)
    )
  }

  /// What a reader is told, event by event.
  private func lines(_ events: [Event]) -> (lines: [String], progress: AskProgress) {
    var progress = AskProgress()
    let lines = events.enumerated().flatMap { progress.read($1, at: start + Int64($0)) }
    return (lines, progress)
  }

  @Test("tells of each member, the seal, the judge and the answer") func wholeWay() {
    let (lines, progress) = lines([
      dispatched(["a", "b", "c"]),
      completed(call(1), "b", milliseconds: 300),
      failed(call(2), "c"),
      .panelAssembled(
        PanelAssembled(round: 0, sealed: .quorum, answered: [call(1)], failed: [call(2)], abandoned: [call(0)])),
      .callRequested(
        CallRequested(
          call: CallID("d", .judge), model: "j", lane: "default", deadline: start, promptVersion: "1", messagesHash: "")
      ),
      .analysisCompleted(
        AnalysisCompleted(
          round: 0, call: CallID("d", .judge), analysis: ["consensus": ["x"], "contradictions": []],
          evidenceTotal: 4, evidenceVerified: 3, promptVersion: "1")),
      .callRequested(
        CallRequested(
          call: CallID("d", .answer), model: "a", lane: "default", deadline: start, promptVersion: "1", messagesHash: ""
        )),
    ])
    #expect(
      lines == [
        "panel: a, b, c", "answered: b in 300 ms", "failed: c, rate limited (429)",
        "sealed (quorum): 1 of 3 answered", "judging: j", "analysis: 1 consensus, 3 of 4 quotes found", "answering: a",
      ])
    #expect(progress.seats.map(\.fate) == [.abandoned, .answered(milliseconds: 300), .failed("rate limited (429)")])
    #expect(progress.stage == "answering")
  }

  @Test("counts the first outcome of a call alone") func repeated() {
    let (lines, progress) = lines([
      dispatched(["a"]), completed(call(0), "a", milliseconds: 10), completed(call(0), "a", milliseconds: 99),
      failed(call(0), "a"),
    ])
    #expect(lines == ["panel: a", "answered: a in 10 ms"])
    #expect(progress.seats.map(\.fate) == [.answered(milliseconds: 10)])
  }

  @Test("takes an outcome that stands before the event that names its call") func early() {
    let (_, progress) = lines([completed(call(0), "a", milliseconds: 7), dispatched(["a", "b"])])
    #expect(progress.seats.map(\.fate) == [.answered(milliseconds: 7), .waiting])
  }

  @Test("puts a stand-in in its member's place") func replaced() {
    let (_, progress) = lines([
      dispatched(["a", "b"]), failed(call(0), "a"),
      .memberReplaced(
        MemberReplaced(
          round: 0, index: 0, model: ModelRef(asked: "s", model: "s"), call: call(0, attempt: 1), deadline: start,
          replaces: call(0))),
      completed(call(0, attempt: 1), "s", milliseconds: 5),
    ])
    #expect(progress.seats.map(\.model) == ["s", "b"])
    #expect(progress.seats.map(\.fate) == [.answered(milliseconds: 5), .waiting])
  }

  @Test("is drawn with a line a member, none longer than its bar allows") func picture() {
    let (_, progress) = lines([
      dispatched(["short", "much/longer"]), completed(call(1), "much/longer", milliseconds: 2_000),
    ])
    let picture = AskView.picture(progress, now: start + 500)
    #expect(picture.count == 3)
    #expect(picture[0].contains("… short      "))
    #expect(picture[1].contains("✓") && picture[1].hasSuffix("2000 ms"))
    #expect(picture[1].filter { $0 == "━" }.count == Int(AskView.barWidth))
    #expect(picture[2].contains("panel"))
  }

  @Test("is told in plain lines where nobody sees a picture") func plain() {
    var written = ""
    var view = AskView(isTerminal: false) { written += $0 }
    let (lines, progress) = lines([dispatched(["a"])])
    view.show(progress, lines: lines, now: start)
    view.finish(progress, now: start)
    #expect(written == "panel: a\n")
  }

  @Test("shows money to the millionth", arguments: [(0.0, "0.000000"), (1.5, "1.500000"), (0.0000031, "0.000003")])
  func dollars(_ value: Double, _ text: String) { #expect(AskAnswer.dollars(value) == text) }
}

/// The judge compared the answers.
package struct AnalysisCompleted: Sendable, Equatable {
  package struct Change: Sendable, Equatable {
    package let member: Int
    package let from: String
    package let to: String

    package init(member: Int, from: String, to: String) {
      self.member = member
      self.from = from
      self.to = to
    }
  }

  package struct Evidence: Sendable, Equatable {
    package let point: String
    package let call: CallID
    package let quote: String
    package let verified: Bool

    package init(point: String, call: CallID, quote: String, verified: Bool) {
      self.point = point
      self.call = call
      self.quote = quote
      self.verified = verified
    }
  }

  package let round: Int
  package let call: CallID
  /// The five lists, as clients of fusion know them.
  package let analysis: JSON
  package let ranking: [CallID]?
  package let changes: [Change]?
  package let evidence: [Evidence]
  package let evidenceTotal: Int
  package let evidenceVerified: Int
  package let dropped: Int
  package let repairs: Int
  package let promptVersion: String

  package init(
    round: Int, call: CallID, analysis: JSON, ranking: [CallID]? = nil, changes: [Change]? = nil,
    evidence: [Evidence] = [], evidenceTotal: Int? = nil, evidenceVerified: Int? = nil, dropped: Int = 0,
    repairs: Int = 0, promptVersion: String
  ) {
    self.round = round
    self.call = call
    self.analysis = analysis
    self.ranking = ranking
    self.changes = changes
    self.evidence = evidence
    self.evidenceTotal = evidenceTotal ?? evidence.count
    self.evidenceVerified = evidenceVerified ?? evidence.count { $0.verified }
    self.dropped = dropped
    self.repairs = repairs
    self.promptVersion = promptVersion
  }

  init(_ fields: Fields, _ passing: Passing) throws(EventError) {
    round = try fields.int("round")
    call = try fields.call("call")
    guard fields.isObject("analysis") else {
      throw EventError(fields.has("analysis") ? "analysis is no JSON object" : "analysis is missing")
    }
    analysis = passing.contains(.points) ? [:] : fields.written("analysis") ?? [:]
    ranking = fields.has("ranking") ? try fields.calls("ranking") : nil
    let changes = try fields.each("changes") { change throws(EventError) in
      Change(member: try change.int("member"), from: try change.string("from"), to: try change.string("to"))
    }
    let quoted: Int
    if passing.contains(.evidence) {
      self.changes = nil
      evidence = []
      quoted = try fields.each("evidence") { entry throws(EventError) in
        _ = try entry.required("point", try entry.passedText("point"))
        _ = try entry.call("call")
        _ = try entry.required("quote", try entry.passedText("quote"))
        _ = try entry.flag("verified")
      }.count
    } else {
      self.changes = fields.has("changes") ? changes : nil
      evidence = try fields.each("evidence") { entry throws(EventError) in
        Evidence(
          point: try entry.string("point"), call: try entry.call("call"), quote: try entry.string("quote"),
          verified: try entry.flag("verified") ?? false)
      }
      quoted = evidence.count
    }
    evidenceTotal = try fields.whole("evidence_total") ?? quoted
    evidenceVerified = try fields.whole("evidence_verified") ?? 0
    dropped = try fields.whole("dropped") ?? 0
    repairs = try fields.whole("repairs") ?? 0
    promptVersion = try fields.text("prompt_version") ?? ""
  }

  package var json: JSON {
    .written(
      JSONWriter.written(capacity: 4_096) { writer in
        writer.object { writer in write(into: &writer) }
      })
  }

  private func write(into writer: inout JSONWriter) {
    writer.member("round", round)
    writer.member("call", call)
    writer.member("analysis", analysis)
    if let ranking { writer.member("ranking", each: ranking) { $0.write($1) } }
    if let changes {
      writer.member("changes", each: changes) { writer, change in
        writer.object { writer in
          writer.member("member", change.member)
          writer.member("from", text: change.from)
          writer.member("to", text: change.to)
        }
      }
    }
    writer.member("evidence", each: evidence) { writer, entry in
      writer.object { writer in
        writer.member("point", text: entry.point)
        writer.member("call", entry.call)
        writer.member("quote", text: entry.quote)
        writer.member("verified", entry.verified)
      }
    }
    writer.member("evidence_total", evidenceTotal)
    writer.member("evidence_verified", evidenceVerified)
    writer.member("dropped", dropped)
    writer.member("repairs", repairs)
    writer.member("prompt_version", text: promptVersion)
  }
}

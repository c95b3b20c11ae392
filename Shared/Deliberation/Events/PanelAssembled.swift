/// The set of a round's answers is closed: what comes later changes nothing.
package struct PanelAssembled: Sendable, Equatable {
  package let round: Int
  package let sealed: SealKind
  package let answered: [CallID]
  package let failed: [CallID]
  package let abandoned: [CallID]

  package init(round: Int, sealed: SealKind, answered: [CallID], failed: [CallID] = [], abandoned: [CallID] = []) {
    self.round = round
    self.sealed = sealed
    self.answered = answered
    self.failed = failed
    self.abandoned = abandoned
  }

  init(_ fields: Fields) throws(EventError) {
    round = try fields.int("round")
    sealed = try fields.required("sealed", try fields.choice("sealed"))
    answered = try fields.calls("answered")
    failed = try fields.calls("failed")
    abandoned = try fields.calls("abandoned")
  }

  package var json: JSON {
    .written(
      JSONWriter.written(capacity: 1_024) { writer in
        writer.object { writer in
          writer.member("round", round)
          writer.member("sealed", text: sealed.rawValue)
          writer.member("answered", each: answered) { $0.write($1) }
          writer.member("failed", each: failed) { $0.write($1) }
          writer.member("abandoned", each: abandoned) { $0.write($1) }
        }
      })
  }
}

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
    func list(_ calls: [CallID]) -> JSON { .array(calls.map { .string($0.text) }) }
    return [
      "round": .int(Int64(round)), "sealed": .string(sealed.rawValue), "answered": list(answered),
      "failed": list(failed), "abandoned": list(abandoned),
    ]
  }
}

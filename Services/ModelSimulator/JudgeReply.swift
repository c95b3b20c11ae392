internal import Deliberation

/// Writes a judge's reply.
struct JudgeReply {
  let judging: Duty.Judging
  let manner: Part.Judging?
  let schema: JSON?

  func text() -> String { "" }
}

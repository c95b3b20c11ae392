/// What a prompt asks a simulated model to do, as read from the prompt alone.
enum Duty: Equatable, Sendable {
  /// Answer a question, as a member of a panel or for whoever asks a plain model; with what tools said to it before.
  case answer(question: String, tools: [String])
  /// Compare labelled answers and reply in the judge's JSON.
  case judge(Judging)
  /// Write the final answer from what a panel said.
  case fuse(question: String, answers: [Comparison.Answer])
  /// Say again what one thinks, having read the others.
  case revise(question: String, own: String, others: [Comparison.Answer])

  struct Judging: Equatable, Sendable {
    let question: String
    let answers: [Comparison.Answer]
    /// The first answers of the same labels, in a debate.
    var earlier: [Comparison.Answer] = []
    var wantsRanking = false
    var wantsChanges = false
    var isRepair = false
  }
}

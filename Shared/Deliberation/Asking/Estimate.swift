/// What the calls of a deliberation are expected to cost, from prices and a rough count of tokens. It refuses what
/// cannot be afforded, and weighs the parts of `max_cost`.
package struct Estimate: Sendable, Equatable {
  package let decision: Double
  /// One round of each member.
  package let members: [Double]
  package let rounds: Int
  package let judge: Double
  package let answer: Double

  package var total: Double { decision + members.reduce(0, +) * Double(rounds + 1) + judge + answer }

  /// Four bytes are about a token; an answer has about this many, unless it may have fewer only.
  private static let bytesPerToken = 4
  private static let answerTokens = 1_000

  init(
    question: Int, panel: [ModelRef], isRecorded: Bool, judge: ModelRef?, answerer: ModelRef, policy: Policy,
    mode: Mode, entrance: Entrance, rounds: Int, maxCompletionTokens: Int
  ) {
    let prompt = question / Self.bytesPerToken + 1
    let length = min(maxCompletionTokens, Self.answerTokens)
    func cost(_ model: ModelRef?, _ prompt: Int, _ completion: Int) -> Double {
      model?.price?.cost(promptTokens: prompt, completionTokens: completion) ?? 0
    }
    decision = policy == .auto ? cost(answerer, prompt, 200) : 0
    let others = rounds > 0 ? panel.count * length : 0
    members = isRecorded ? [] : panel.map { cost($0, prompt + others, length) }
    self.rounds = isRecorded ? 0 : rounds
    self.judge = policy == .never ? 0 : cost(judge, prompt + panel.count * length, length)
    let isLent = mode == .bestOf && entrance == .alias
    answer = isLent ? 0 : cost(answerer, prompt + (policy == .never ? 0 : (panel.count + 1) * length), length)
  }

  init(_ ask: Ask) {
    self.init(
      question: ask.request.count, panel: ask.panel, isRecorded: ask.recordedPanel != nil, judge: ask.judge,
      answerer: ask.answerer, policy: ask.policy, mode: ask.mode, entrance: ask.entrance, rounds: ask.rounds,
      maxCompletionTokens: ask.maxCompletionTokens)
  }

  init(_ ask: Requested) {
    self.init(
      question: ask.request.count, panel: ask.panel, isRecorded: ask.recordedPanel != nil, judge: ask.judge,
      answerer: ask.answerer, policy: ask.policy, mode: ask.mode, entrance: ask.entrance, rounds: ask.rounds,
      maxCompletionTokens: ask.maxCompletionTokens)
  }

  /// Dollars, to the millionth.
  static func text(_ dollars: Double) -> String {
    let millionths = Int64((dollars * 1_000_000).rounded(.up))
    var digits = String(millionths % 1_000_000)
    digits = String(repeating: "0", count: 6 - digits.utf8.count) + digits
    while digits.utf8.count > 2, digits.last == "0" { digits.removeLast() }
    return "\(millionths / 1_000_000).\(digits)"
  }
}

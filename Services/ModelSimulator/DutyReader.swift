internal import Deliberation

/// Tells from a prompt what it asks for.
enum DutyReader {
  static func duty(of request: ChatRequest) -> Duty {
    let users = request.turns.indices.filter { request.turns[$0].role == "user" }
    for place in users {
      let fences = Fences.all(in: request.turns[place].text)
      guard let question = fences.first(where: { $0.kind == .question }) else { continue }
      return .judge(
        Duty.Judging(
          question: question.content, answers: answers(fences, .response), earlier: answers(fences, .first),
          wantsRanking: wants("ranking", request), wantsChanges: wants("changes", request),
          isRepair: place != users.last))
    }
    let panel = request.toolResults.compactMap(responses).last
    if let panel { return .fuse(question: request.question, answers: panel) }

    let fences = Fences.all(in: request.lastUserText)
    guard !fences.isEmpty else { return .answer(question: request.question, tools: request.toolResults) }
    let others = answers(fences, .response)
    let question = Brackets.removed(from: withoutLastParagraph(Fences.before(request.lastUserText)))
    if let own = fences.first(where: { $0.kind == .yours }) {
      return .revise(question: question, own: own.content, others: others)
    }
    if !others.isEmpty { return .fuse(question: question, answers: others) }
    return .answer(question: request.question, tools: request.toolResults)
  }

  static func purpose(of request: ChatRequest, _ duty: Duty) -> Purpose {
    if ToolRules.fusion(among: request.functions) != nil { return .decision }
    switch duty {
    case .judge: return .judge
    case .fuse: return .answer
    case .answer, .revise: return .panel
    }
  }

  /// Between the question and the first fence stands a paragraph that says what the fences are.
  private static func withoutLastParagraph(_ text: String) -> String {
    var paragraphs = text.split(separator: "\n\n", omittingEmptySubsequences: true)
    if paragraphs.count > 1 { paragraphs.removeLast() }
    return paragraphs.joined(separator: "\n\n")
  }

  private static func answers(_ fences: [Fences.Fence], _ kind: Fences.Fence.Kind) -> [Comparison.Answer] {
    fences.filter { $0.kind == kind }.map { Comparison.Answer(label: $0.label, text: $0.content) }
  }

  /// The schema says what is wanted; where the provider takes none, the instructions do.
  private static func wants(_ list: String, _ request: ChatRequest) -> Bool {
    if let schema = request.schema { return schema["properties"]?[list] != nil }
    let instructions = request.turns.first { $0.role == "system" }?.text ?? ""
    return Sentences.key(of: instructions[...]).split(separator: " ").contains(Substring(list))
  }

  /// The panel's answers in the result of a fusion call.
  private static func responses(_ result: String) -> [Comparison.Answer]? {
    guard result.utf8.first == UInt8(ascii: "{"), let body = try? JSON.parse(result),
      let responses = body["responses"]?.array
    else { return nil }
    let answers = responses.compactMap { response -> Comparison.Answer? in
      guard let model = response["model"]?.string, let content = response["content"]?.string else { return nil }
      return Comparison.Answer(label: model, text: content)
    }
    return answers.isEmpty ? nil : answers
  }
}

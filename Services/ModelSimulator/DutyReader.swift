/// Tells from a prompt what it asks for.
enum DutyReader {
  static func duty(of request: ChatRequest) -> Duty {
    .answer(question: request.question)
  }

  static func purpose(of request: ChatRequest) -> Purpose? {
    if ToolRules.fusion(among: request.functions) != nil { return .decision }
    switch duty(of: request) {
    case .judge: return .judge
    case .fuse: return .answer
    case .answer, .revise: return .panel
    }
  }
}

/// Each client got the one result of its ask, and got it once.
enum ClientRule {
  static func check(_ history: History) -> [Finding] {
    var findings: [Finding] = []
    var numbers: Set<Int64> = []
    var ids: Set<String> = []
    func finding(_ detail: String) { findings.append(Finding(rule: .clients, detail: detail)) }
    for ask in history.record.asks {
      let who = "client \(ask.number)\(ask.id.map { " (\($0))" } ?? "")"
      if !numbers.insert(ask.number).inserted { finding("\(who): answered twice") }
      if let error = ask.error { finding("\(who): \(error)") }
      guard let id = ask.id else {
        if ask.error == nil { finding("\(who): an answer without an id, status \(ask.status ?? 0)") }
        continue
      }
      if !ids.insert(id).inserted { finding("\(who): two clients have one id") }
      guard ask.error == nil, let result = history.stories[id]?.endResults.first,
        case .result(let answer) = result.matter
      else { continue }
      if ask.status != answer.code { finding("\(who): status \(ask.status ?? 0), the result says \(answer.code)") }
      if ask.answerHash != answer.bodyHash { finding("\(who): its answer is not the body on results") }
    }
    return findings
  }
}

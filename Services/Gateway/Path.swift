/// The paths that the gateway serves, under `/v1` and `/api/v1` alike.
enum Path: Equatable {
  case chatCompletions
  case deliberation(String, member: Int?)

  init?(_ path: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 2, parts.removeFirst().isEmpty else { return nil }
    if parts.first == "api" { parts.removeFirst() }
    guard parts.first == "v1" else { return nil }
    parts.removeFirst()
    switch parts.first {
    case "chat" where parts == ["chat", "completions"]: self = .chatCompletions
    case "deliberations":
      guard parts.count >= 2, !parts[1].isEmpty else { return nil }
      if parts.count == 2 {
        self = .deliberation(parts[1], member: nil)
      } else if parts.count == 4, parts[2] == "members", let member = Int(parts[3]) {
        self = .deliberation(parts[1], member: member)
      } else {
        return nil
      }
    default: return nil
    }
  }
}

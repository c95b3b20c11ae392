/// The paths that the gateway serves, under `/v1` and `/api/v1` alike.
enum Path: Equatable {
  case chatCompletions
  case responses
  case models
  case model(String)
  case generation
  case deliberations
  case deliberation(String)
  case events(String)
  case member(String, Int)

  init?(_ path: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 2, parts.removeFirst().isEmpty else { return nil }
    if parts.first == "api" { parts.removeFirst() }
    guard parts.first == "v1" else { return nil }
    parts.removeFirst()
    switch (parts.first, parts.count) {
    case ("chat", 2) where parts[1] == "completions": self = .chatCompletions
    case ("responses", 1): self = .responses
    case ("models", 1): self = .models
    case ("model", 3), ("models", 3): self = .model("\(parts[1])/\(parts[2])")
    case ("generation", 1): self = .generation
    case ("deliberations", 1): self = .deliberations
    case ("deliberations", 2) where !parts[1].isEmpty: self = .deliberation(parts[1])
    case ("deliberations", 3) where parts[2] == "events": self = .events(parts[1])
    case ("deliberations", 4) where parts[2] == "members":
      guard let member = Int(parts[3]) else { return nil }
      self = .member(parts[1], member)
    default: return nil
    }
  }

  var methods: [String] {
    switch self {
    case .chatCompletions, .responses, .deliberations: ["POST"]
    case .models, .model, .generation, .events: ["GET"]
    case .deliberation: ["GET", "DELETE"]
    case .member: ["DELETE"]
    }
  }
}

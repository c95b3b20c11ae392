/// A place in the system that one process at a time fills: what it is called, what runs there, and what it needs.
struct Slot: Equatable, Sendable {
  /// What the others need before they can start, and in which order all are ended.
  enum Role: Equatable, Sendable {
    case broker, simulator
    /// A service, of which the others rely on what it puts back on a new broker.
    case ledger
    case service

    var isService: Bool { self == .service || self == .ledger }

    /// Whoever must have said where it is before a slot of this role may start.
    func waits(for other: Role) -> Bool {
      switch self {
      case .broker, .simulator: false
      case .ledger: !other.isService
      case .service: other != .service
      }
    }
  }

  let name: String
  let instance: String
  let role: Role
  /// Slots with a lower rank are ended first.
  let endRank: Int
  let program: String
  let arguments: [String]
  let environment: [String: String]

  init(
    name: String, instance: String, role: Role, endRank: Int, program: String, arguments: [String] = [],
    environment: [String: String] = [:]
  ) {
    self.name = name
    self.instance = instance
    self.role = role
    self.endRank = endRank
    self.program = program
    self.arguments = arguments
    self.environment = environment
  }
}

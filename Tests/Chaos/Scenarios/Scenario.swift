/// Something that is done to the running system.
protocol Scenario: Sendable {
  static var name: String { get }
  static func models(_ options: Options) -> Models
  /// Opens the stage, does it, and leaves its figures and demands there.
  static func run(_ stage: Stage) throws(Failure)
}

enum Scenarios {
  static let all: [any Scenario.Type] = [
    KillScenario.self, BrokerScenario.self, ZombieScenario.self, ScaleScenario.self, BacklogScenario.self,
    CallsScenario.self,
    DuplicatesScenario.self,
  ]
}

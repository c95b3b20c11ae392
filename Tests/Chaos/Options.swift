internal import Glibc

/// What a run is told on its command line.
struct Options: Sendable {
  static let usage = """
    usage: chaos SCENARIO [--asks N] [--open N] [--seed N] [--kafka-home DIR] [--keep] …

    Starts the whole system, does something to it, and lets the verifier say whether it kept its promises. Exit status
    0 when it did, 1 when not, 2 for wrong usage. Everything that was started is ended. Scenarios:
      kill        SIGKILL to dispatcher, caller, aggregator and judge, --kills times each, at seeded moments
      broker      the Kafka node is killed and started again, and frozen (--freezes 30,45: seconds)
      zombie      each deciding service is frozen past its session while a second copy takes over (--freezes)
      scale       callers 1 → 4 → 1 with --open calls in flight
      backlog     --asks asks wait on requests.bulk; an interactive one in the middle must not
      calls       --open calls in flight through one model-caller: memory, and the other services' doors
      duplicates  the embedded broker's answers come too late: doubles in the log, none in any result

      --kafka-home DIR   a real Kafka, by the scripts start, stop, running and wait in DIR; without: the embedded broker
      --latency A-B      what a model takes, in ms                      --seed N     gives the same moments again
      --recover-within MS how soon work must go on after a kill (2000)  --limit S    the whole run at most (1800)
      --keep             leaves the run's folder, logs and record behind, also when all went well
    """

  var scenario = ""
  var asks: Int?
  var open: Int?
  var kills = 3
  var seed: UInt64 = 1
  var kafkaHome: String?
  var latency = "300-3000"
  var freezes: [Int] = [30, 45]
  var rate: Int?
  var recoverWithin = 2000
  var limit = 1800
  var keeps = false

  /// nil: wrong usage.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    guard let scenario = rest.popFirst(), !scenario.hasPrefix("-") else { return nil }
    self.scenario = scenario
    while let name = rest.popFirst() {
      if name == "--keep" {
        keeps = true
        continue
      }
      guard let value = rest.popFirst(), take(name, value) else { return nil }
    }
  }

  private mutating func take(_ name: String, _ value: String) -> Bool {
    func positive() -> Int? { Int(value).flatMap { $0 > 0 ? $0 : nil } }
    func set(_ path: WritableKeyPath<Options, Int>) -> Bool {
      guard let number = positive() else { return false }
      self[keyPath: path] = number
      return true
    }
    func set(_ path: WritableKeyPath<Options, Int?>) -> Bool {
      guard let number = positive() else { return false }
      self[keyPath: path] = number
      return true
    }
    switch name {
    case "--asks": return set(\.asks)
    case "--open": return set(\.open)
    case "--rate": return set(\.rate)
    case "--kills": return set(\.kills)
    case "--recover-within": return set(\.recoverWithin)
    case "--limit": return set(\.limit)
    case "--seed":
      guard let number = UInt64(value) else { return false }
      seed = number
    case "--kafka-home": kafkaHome = value
    case "--latency": latency = value
    case "--freezes":
      freezes = value.split(separator: ",").compactMap { Int($0) }
      return !freezes.isEmpty
    default: return false
    }
    return true
  }
}

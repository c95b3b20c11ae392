/// What the command line says.
struct Options {
  var seeds: UInt64 = 10_000
  var from: UInt64 = 0
  var threads = 2
  var mutation: Mutation?
  /// Whether all that happens is printed.
  var isTold = false

  static let usage = """
    simulate [SEEDS] [--from SEED] [--threads N] [--mutation NAME] [--tell]
    Plays so many seeds (10000) of the whole system with faults, and ends with 1 where something did not hold; --tell
    prints all that happens, for one seed.
    A mutation is a fault put in on purpose, which must be found: \(Mutation.allCases.map(\.rawValue).joined(separator: ", "))
    """

  /// nil where the arguments say something that is not known.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--from":
        guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        from = number
      case "--threads":
        guard let number = rest.popFirst().flatMap({ Int($0) }), (1...64).contains(number) else { return nil }
        threads = number
      case "--mutation":
        guard let name = rest.popFirst().flatMap(Mutation.init(rawValue:)) else { return nil }
        mutation = name
      case "--tell": isTold = true
      default:
        guard let number = UInt64(argument), number > 0, number <= 1_000_000_000 else { return nil }
        seeds = number
      }
    }
  }
}

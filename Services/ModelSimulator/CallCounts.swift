/// Counts how often each call was made, which is what a verifier asks: a call that was performed more than once cost
/// money more than once.
struct CallCounts {
  struct Repeated: Equatable, Sendable {
    let call: String
    var executions: Int
  }

  /// Calls that are remembered; what comes after is counted as a request alone, and `forgotten` says how many.
  let mostCalls: Int
  /// Repeated calls that are listed by their id.
  let mostListed: Int

  private struct Made {
    let execution: UInt64
    /// Further executions, where there were any: almost always none.
    var others: Int32 = -1
  }

  /// What one request changed.
  enum News: Equatable, Sendable {
    case nothing
    case newCall
    /// The call is performed again; `first`: for the first time again.
    case again(first: Bool)
    case beyondBound
  }

  private(set) var repeatedCalls = 0
  private(set) var listed: [Repeated] = []
  private var made: [UInt64: Made] = [:]
  private var more: [Set<UInt64>] = []
  private var places: [UInt64: Int] = [:]

  init(mostCalls: Int = 4_000_000, mostListed: Int = 10_000) {
    self.mostCalls = mostCalls
    self.mostListed = mostListed
  }

  var calls: Int { made.count }

  /// A retry within one execution is a request more and no repeated call.
  mutating func count(_ call: CallName, execution: String?) -> News {
    let key = Seed(call.text).value
    let performed = Seed(execution ?? "").value
    guard var known = made[key] else {
      guard made.count < mostCalls else { return .beyondBound }
      made[key] = Made(execution: performed)
      return .newCall
    }
    guard known.execution != performed else { return .nothing }
    let first = known.others < 0
    if first {
      known.others = Int32(more.count)
      made[key] = known
      more.append([])
      repeatedCalls += 1
      if listed.count < mostListed {
        places[key] = listed.count
        listed.append(Repeated(call: call.text, executions: 1))
      }
    }
    guard more[Int(known.others)].insert(performed).inserted else { return .nothing }
    if let place = places[key] { listed[place].executions += 1 }
    return .again(first: first)
  }
}

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

  private(set) var requests = 0
  private(set) var repeatedCalls = 0
  private(set) var repeatedExecutions = 0
  private(set) var forgotten = 0
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
  mutating func count(call: CallName?, execution: String?) {
    requests += 1
    guard let call else { return }
    let key = Seed(call.text).value
    let performed = Seed(execution ?? "").value
    guard var known = made[key] else {
      guard made.count < mostCalls else {
        forgotten += 1
        return
      }
      made[key] = Made(execution: performed)
      return
    }
    guard known.execution != performed else { return }
    if known.others < 0 {
      known.others = Int32(more.count)
      made[key] = known
      more.append([])
      repeatedCalls += 1
      if listed.count < mostListed {
        places[key] = listed.count
        listed.append(Repeated(call: call.text, executions: 1))
      }
    }
    guard more[Int(known.others)].insert(performed).inserted else { return }
    repeatedExecutions += 1
    if let place = places[key] { listed[place].executions += 1 }
  }
}

import Bus

/// Every time that a call was begun, and what excuses that it is begun again: that its caller died, or had lost the lease
/// of its partition, before what it did was committed.
struct Executions {
  private struct Execution {
    let call: String
    let process: Int
    let partition: Int32
    /// Of the command that it was begun for.
    let offset: Int64
    var isExcused: Bool
    var isCommitted = false
  }

  private var all: [Execution] = []
  private var ofCall: [String: [Int]] = [:]

  /// How often a call was begun that had been begun before.
  private(set) var again = 0

  /// A call is begun; what is wrong with that, if anything is. Whoever does not know yet that it has lost the partition
  /// may begin what it reads there.
  mutating func began(
    _ call: String, process: Int, partition: Int32, offset: Int64, isOwner: Bool
  ) -> (isAgain: Bool, wrong: String?) {
    let earlier = (ofCall[call] ?? []).map { all[$0] }
    ofCall[call, default: []].append(all.count)
    all.append(
      Execution(call: call, process: process, partition: partition, offset: offset, isExcused: !isOwner))
    guard !earlier.isEmpty else { return (false, nil) }
    again += 1
    guard isOwner else { return (true, nil) }
    let wrong = earlier.first { execution in
      if execution.isExcused, !execution.isCommitted { return false }
      // commanded once more, and read by another process than the one that remembers what it answered
      return execution.offset == offset || execution.process == process
    }
    guard let wrong else { return (true, nil) }
    return (
      true,
      "\(call) was begun again by \(process) for offset \(offset), though \(wrong.process) had begun it for offset "
        + "\(wrong.offset) and neither died nor lost its lease\(wrong.isCommitted ? "; it was even committed" : "")"
    )
  }

  mutating func died(_ process: Int) { excuse { $0.process == process } }

  mutating func lost(_ partition: Int32, process: Int) {
    excuse { $0.process == process && $0.partition == partition }
  }

  /// For longer than a name lasts nobody could say which calls run where their partition is not.
  mutating func stalled(owners: [Int32: Int]) { excuse { owners[$0.partition] != $0.process } }

  private mutating func excuse(_ isMeant: (Execution) -> Bool) {
    for index in all.indices where !all[index].isExcused && isMeant(all[index]) { all[index].isExcused = true }
  }

  /// What stands in a commit as finished is finished for whoever reads that partition next.
  mutating func committed(_ partition: Int32, _ map: OffsetMap) {
    for index in all.indices where all[index].partition == partition && !all[index].isCommitted {
      if map.isFinished(all[index].offset) { all[index].isCommitted = true }
    }
  }
}

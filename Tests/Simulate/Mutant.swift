import Bus
import Deliberation
import Folding
import Threads

/// The decider that production uses, with a fault where a mutation wants one.
struct Mutant<Logic: Decides>: Decider {
  typealias Inner = DeliberationDecider<MutantLogic<Logic>>

  struct State {
    var inner: Inner.State?
    /// Kept where they may have to be folded again.
    var records: [FoldRecord] = []
  }

  struct Output: FoldOutput {
    let inner: Inner.Output
    let id: String
    var after: [String] { inner.after }
    var returns: Bool { inner.returns }
  }

  let inner: Inner
  let mutation: Mutation?
  private let counter = Lock(0)

  func evolve(_ state: inout State?, _ record: FoldRecord) throws(Unreadable) {
    var next = state ?? State()
    state = nil
    defer { state = next }
    if mutation == .lastWins {
      let known = next.records.firstIndex { $0.envelope.id == record.envelope.id }
      next.records.append(record)
      if let known {
        next.records.remove(at: known)
        next.inner = nil
        for record in next.records { try inner.evolve(&next.inner, record) }
        return
      }
    }
    try inner.evolve(&next.inner, record)
  }

  func decide(_ state: State, now: Int64) -> [Output] {
    guard let known = state.inner else { return [] }
    return inner.decide(known, now: now).map { output in
      Output(inner: output, id: mutation == .forgetsSent ? "\(output.id)+\(next())" : output.id)
    }
  }

  private func next() -> Int {
    counter.withLock { count in
      count += 1
      return count
    }
  }

  func wake(_ state: State) -> Int64? { state.inner.flatMap(inner.wake) }
  func phase(_ state: State) -> FoldPhase { state.inner.map(inner.phase) ?? .unopened }
  func closes(_ record: FoldRecord, isFirst: Bool) -> Bool { inner.closes(record, isFirst: isFirst) }
  func matters(late type: String) -> Bool { inner.matters(late: type) }
  func late(_ record: FoldRecord) -> [Output] { inner.late(record).map { Output(inner: $0, id: $0.id) } }
  func record(_ output: Output) -> Outgoing { inner.record(output.inner) }
}

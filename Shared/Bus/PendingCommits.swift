/// Commits whose answer has not come.
struct PendingCommits {
  typealias Done = (Result<Void, BusError>) -> Void

  private var open: [UInt: Done] = [:]
  private var lastNumber: UInt = 0
  private var finished: [(Done, Result<Void, BusError>)] = []

  init() {}

  mutating func add(_ done: @escaping Done) -> UInt {
    lastNumber += 1
    open[lastNumber] = done
    return lastNumber
  }

  mutating func finishLater(_ number: UInt, _ result: Result<Void, BusError>) {
    guard let done = open.removeValue(forKey: number) else { return }
    finished.append((done, result))
  }

  mutating func failAll(_ error: BusError) {
    for number in open.keys.sorted() { finishLater(number, .failure(error)) }
  }

  /// What is to be told, once.
  mutating func takeFinished() -> [(Done, Result<Void, BusError>)] {
    defer { finished = [] }
    return finished
  }
}

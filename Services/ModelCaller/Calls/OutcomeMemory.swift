internal import Deliberation

/// The calls that ended lately, so that a command that comes again is answered and not performed again. Bounded by
/// number and by bytes; the oldest go first.
struct OutcomeMemory: Sendable {
  private var outcomes: [String: OutcomeEvent] = [:]
  private var order = Queue<String>()
  private var bytes = 0
  private let countLimit: Int
  private let bytesLimit: Int

  init(countLimit: Int, bytesLimit: Int) {
    self.countLimit = countLimit
    self.bytesLimit = bytesLimit
  }

  var count: Int { outcomes.count }

  subscript(call: String) -> OutcomeEvent? { outcomes[call] }

  mutating func remember(_ call: String, _ outcome: OutcomeEvent) {
    guard outcomes[call] == nil else { return }
    outcomes[call] = outcome
    order.append(call)
    bytes += outcome.value.count
    while outcomes.count > countLimit || bytes > bytesLimit, let oldest = order.popFirst() {
      if let gone = outcomes.removeValue(forKey: oldest) { bytes -= gone.value.count }
    }
  }
}

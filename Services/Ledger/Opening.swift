internal import Store
internal import Telemetry

/// What has to be done with the file before anything is written, and may have to wait: the disk is full, or somebody holds
/// the file. It is tried until it works, as what is written later is.
struct Opening: Sendable {
  enum Failure: Error, CustomStringConvertible {
    case stopped

    var description: String { "it was told to end before its file could be opened" }
  }

  let condition: Readiness.Condition
  let log: Log
  let isStopping: @Sendable () -> Bool

  init(condition: Readiness.Condition, log: Log, isStopping: @escaping @Sendable () -> Bool) {
    self.condition = condition
    self.log = log
    self.isStopping = isStopping
  }

  func wait<Value>(_ body: () throws -> Value) throws -> Value {
    var said: StoreError?
    while true {
      do { return try body() } catch let error as StoreError where error.passes {
        if said?.kind != error.kind { log.error("ledger.cannot.open", ("error", error)) }
        said = error
        condition.unmet(error.description)
        guard !isStopping() else { throw Failure.stopped }
        Pause.milliseconds(500)
      }
    }
  }
}

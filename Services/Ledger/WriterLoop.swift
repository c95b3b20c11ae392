internal import Store
internal import Telemetry
internal import Threads

/// The one thread that writes: takes what was read, writes it, tells who waits. What cannot be written waits and is tried
/// again; the log keeps the rest.
final class WriterLoop: Sendable {
  /// Records in one transaction: enough to make its cost small, few enough to be soon done.
  static let batch = 4_000

  private let inlet: Inlet
  private let meters: Meters
  private let log: Log
  private let condition: Readiness.Condition
  private let news: News
  private let fatal: @Sendable (String) -> Void

  init(
    inlet: Inlet, meters: Meters, log: Log, condition: Readiness.Condition, news: News,
    fatal: @escaping @Sendable (String) -> Void
  ) {
    self.inlet = inlet
    self.meters = meters
    self.log = log
    self.condition = condition
    self.news = news
    self.fatal = fatal
  }

  /// Runs until the inlet is closed and empty, or what is left cannot be written.
  func run(_ writer: Writer) {
    var hasSaid = false
    // what is erased and could not be scrubbed away at once is tried again also while nothing comes in
    while let taken = inlet.take(within: writer.scrubIsDue ? 1_000 : nil) {
      if taken.isEmpty { writer.scrub() }
      var rest = taken[...]
      while !rest.isEmpty {
        let batch = Array(rest.prefix(Self.batch))
        guard write(batch, writer) else { return }
        rest = rest.dropFirst(batch.count)
      }
      meters.scrub.set(writer.scrubIsDue ? 1 : 0)
      if let failure = writer.scrubFailure, !hasSaid { log.error("ledger.scrub.waits", ("error", failure)) }
      hasSaid = writer.scrubFailure != nil
    }
  }

  /// False where the process ends before it worked.
  private func write(_ batch: [Entry], _ writer: Writer) -> Bool {
    var said: StoreError?
    while true {
      let begun = ContinuousClock.now
      do throws(StoreError) {
        let written = try writer.write(batch)
        if said != nil { log.info("ledger.writes.again") }
        condition.met()
        note(written, begun)
        return true
      } catch {
        meters.failures.add()
        guard error.passes else {
          fatal(error.description)
          return false
        }
        if said?.kind != error.kind { log.error("ledger.cannot.write", ("error", error), ("records", batch.count)) }
        said = error
        condition.unmet(error.description)
        guard inlet.isOpen else { return false }
        Pause.milliseconds(500)
      }
    }
  }

  private func note(_ written: Writer.Written, _ begun: ContinuousClock.Instant) {
    let spent = ContinuousClock.now - begun
    meters.batches.observe(Double(spent.components.seconds) + Double(spent.components.attoseconds) / 1e18)
    meters.written.add(Double(written.events))
    meters.repeats.add(Double(written.repeats))
    meters.changed.add(Double(written.changed))
    meters.unreadable.add(Double(written.unreadable))
    for gap in written.gaps {
      meters.gaps.add()
      log.error(
        "ledger.gap", ("topic", gap.topic), ("partition", gap.partition), ("from", gap.from), ("to", gap.to))
    }
    news.tell(written)
  }
}

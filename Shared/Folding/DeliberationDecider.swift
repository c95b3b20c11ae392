package import Bus
package import Deliberation

/// What a decision of the domain wants written; `Output` means something else inside a decider.
package typealias DomainOutput = Output

/// One service's part in deliberations, as the runtime runs it: envelopes become events, outputs become records. The one
/// place where the domain and the bus meet.
package final class DeliberationDecider<Logic: Decides>: Decider, Sendable {
  package typealias State = Traced
  package typealias Output = Addressed

  /// A deliberation, and what is written next is done because of: the last record that was folded, in the trace that its
  /// first began.
  package struct Traced: Sendable {
    package let deliberation: Deliberation
    package let traceparent: String?
  }

  /// An output of the domain, and whose it is.
  package struct Addressed: FoldOutput {
    let output: DomainOutput
    let traceparent: String?

    package var id: String { output.id }
    package var after: [String] { output.after }
    package var returns: Bool { output.destination == .events }
  }

  private let logic: Logic
  private let topics: Topics
  private let sender: Sender
  private let hashes: Bool

  /// `hashes`: whether the hash of every value is needed; only the aggregator's digest does.
  package init(logic: Logic, topics: Topics, sender: Sender, hashes: Bool = false) {
    self.logic = logic
    self.topics = topics
    self.sender = sender
    self.hashes = hashes
  }

  package func evolve(_ state: inout Traced?, _ record: FoldRecord) throws(Unreadable) {
    var deliberation = state?.deliberation
    let recorded = try read(record, deliberation)
    let traceparent = Trace.joined(state?.traceparent, span: record.traceparent)
    // let go of first, so that what is known is changed in place
    state = nil
    Deliberation.evolve(&deliberation, recorded)
    state = deliberation.map { Traced(deliberation: $0, traceparent: traceparent) }
  }

  package func decide(_ state: Traced, now: Int64) -> [Addressed] {
    logic.decide(state.deliberation, now: Moment(milliseconds: now)).map {
      Addressed(output: $0, traceparent: state.traceparent)
    }
  }

  package func wake(_ state: Traced) -> Int64? { logic.wake(state.deliberation)?.milliseconds }

  package func phase(_ state: Traced) -> FoldPhase {
    if logic.isOpen(state.deliberation) { return .open }
    return state.deliberation.end == nil ? .unopened : .ended
  }

  package func closes(_ record: FoldRecord, isFirst: Bool) -> Bool {
    switch record.name {
    case .rejected: return isFirst
    case .completed, .failed, .cancelled:
      // Whoever settles the cost has more to do after an end that did not know it.
      guard logic.settles else { return true }
      return (try? JSON.parse(record.value))?["cost_final"]?.bool == true
    case .settled: return true
    default: return false
    }
  }

  package var answersEnds: Bool { logic.settles }

  package func matters(late type: String) -> Bool {
    logic.settles && (type == Event.Name.requested.type || type == Event.Name.rejected.type)
  }

  package func late(_ record: FoldRecord) -> [Addressed] {
    guard let recorded = try? read(record, nil) else { return [] }
    return logic.late(recorded).map { Addressed(output: $0, traceparent: record.traceparent) }
  }

  package func record(_ output: Addressed) -> Outgoing {
    let destination = output.output.destination
    let topic =
      switch destination {
      case .events: topics.events
      case .calls(let lane): topics.calls(lane)
      case .results: topics.results
      case .reply: topics.replies
      case .signals: topics.signals
      }
    var partition: Int32?
    if case .reply(let number) = destination { partition = Int32(clamping: number) }
    return sender.record(output.output, topic: topic, partition: partition, traceparent: output.traceparent)
  }

  private func read(_ record: FoldRecord, _ state: Deliberation?) throws(Unreadable) -> Recorded {
    do {
      var event: Event?
      if let name = record.name {
        event = try Event.parse(
          name, value: record.value, of: record.subject, passing: logic.passes(name, id: record.id, state))
      }
      return Recorded(
        id: record.id, type: record.type, subject: record.subject, time: record.time, event: event,
        valueHash: hashes ? SHA256.hash(record.value) : [])
    } catch {
      throw Unreadable("\(record.type): \(error)")
    }
  }
}

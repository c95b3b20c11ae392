import Bus
import Deliberation

/// What the log says about one deliberation, as any reader sees it: first occurrences, in log order.
struct History {
  struct Fact {
    let offset: Int64
    let sequence: Int
    /// When it was written, and when it was decided.
    let written: Int64
    let recorded: Recorded

    var id: String { recorded.id }
    var event: Event? { recorded.event }
  }

  let id: String
  var facts: [Fact] = []

  /// What the first so many facts fold into.
  func folded(upTo count: Int = .max) -> Deliberation? {
    var state: Deliberation?
    for fact in facts.prefix(count) { Deliberation.evolve(&state, fact.recorded) }
    return state
  }

  /// The first terminal event; `rejected` is one only where nothing was requested before it.
  var end: Int? {
    var isRequested = false
    for (index, fact) in facts.enumerated() {
      switch fact.event {
      case .requested: isRequested = true
      case .completed, .failed, .cancelled: return index
      case .rejected: if !isRequested { return index }
      default: break
      }
    }
    return nil
  }

  /// Where each call is named: the place, and the round for calls of the panel.
  func namings() -> [(call: CallID, place: Int)] {
    facts.enumerated().flatMap { place, fact -> [(call: CallID, place: Int)] in
      switch fact.event {
      case .panelDispatched(let event): event.members.map { ($0.call, place) }
      case .memberReplaced(let event): [(event.call, place)]
      case .callRequested(let event): [(event.call, place)]
      default: []
      }
    }
  }

  /// The first outcome of each call.
  func outcomes() -> [String: (place: Int, cost: Double)] {
    var outcomes: [String: (place: Int, cost: Double)] = [:]
    for (place, fact) in facts.enumerated() {
      switch fact.event {
      case .callCompleted(let event) where outcomes[event.call.text] == nil:
        outcomes[event.call.text] = (place, event.cost ?? 0)
      case .callFailed(let event) where outcomes[event.call.text] == nil:
        outcomes[event.call.text] = (place, event.cost ?? 0)
      default: break
      }
    }
    return outcomes
  }

  /// All deliberations on a partition, and the records there that cannot be read.
  static func all(_ universe: Universe, _ partition: Int32) -> (histories: [History], unreadable: [String]) {
    var places: [String: Int] = [:]
    var histories: [History] = []
    var seen: Set<String> = []
    var unreadable: [String] = []
    let sequences = universe.sequences(.events, partition)
    for record in universe.records(.events, partition) {
      guard let envelope = try? Envelope(record.headers), let subject = envelope.subject, let value = record.value
      else {
        unreadable.append("a record of the log has no envelope or no value")
        continue
      }
      guard seen.insert(envelope.id).inserted else { continue }
      guard let event = try? Event.parse(type: envelope.type, id: envelope.id, value: value) else {
        unreadable.append("\(envelope.id) cannot be read")
        continue
      }
      let place = places[subject] ?? histories.count
      if place == histories.count {
        places[subject] = place
        histories.append(History(id: subject))
      }
      histories[place].facts.append(
        Fact(
          offset: record.offset, sequence: sequences[Int(record.offset)], written: record.timestamp,
          recorded: Recorded(
            id: envelope.id, type: envelope.type, subject: subject,
            time: Moment(rfc3339: envelope.time) ?? Moment(milliseconds: record.timestamp), event: event,
            valueHash: SHA256.hash(value))))
    }
    return (histories, unreadable)
  }
}

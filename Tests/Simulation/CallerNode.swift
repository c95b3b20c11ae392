import Bus
import Deliberation
import Folding

/// A caller on one partition of `calls`: the real map of finished offsets around scripted calls. A call that is made
/// again gives another text, as a model would.
final class CallerNode: Node {
  private let partition: Int32
  private var map: OffsetMap
  private var read: Int64
  private var signals = 0
  private var inFlight: [Call] = []
  private var outbox = Outbox<Int64>()
  /// What this process has answered, by call: asked again, it answers the same.
  private var answered: [String: Outgoing] = [:]
  private var cancelled: Set<String> = []
  private var cancelledDeliberations: Set<String> = []
  var isOwner = true
  var isFaulty = true

  private struct Call {
    let offset: Int64
    let command: CallCommand
    let execution: String
    let due: Int64
    let outcome: Event
  }

  init(_ universe: Universe, partition: Int32) {
    self.partition = partition
    if let (base, metadata) = universe.committed[.init(service: "caller", partition: partition)] {
      map = OffsetMap.decode(metadata, base: base)
      read = base
    } else {
      map = OffsetMap(base: 0)
      read = 0
    }
  }

  var wake: Int64? { inFlight.map(\.due).min() }

  func step(_ universe: Universe) -> Bool {
    hear(universe)
    let commands = universe.log(universe.topics.calls("default"), partition)
    switch universe.pick(0..<10) {
    case 0..<4 where read < commands.count:
      let record = commands[Int(read)]
      read += 1
      guard map.begin(record.offset) else { break }
      take(record, universe)
    case 4..<6: finish(universe)
    case 6..<8 where outbox.hasUnderWay: outbox.write(universe, faults: isFaulty)
    case 8 where outbox.hasWritten:
      if let offset = outbox.acknowledged(universe) { map.finish(offset) }
    case 9 where isOwner:
      if let commit = map.encode() {
        universe.committed[.init(service: "caller", partition: partition)] = (commit.offset, commit.metadata)
      }
    default: break
    }
    return read < universe.log(universe.topics.calls("default"), partition).count || !outbox.isEmpty
      || inFlight.contains { $0.due <= universe.now }
  }

  func kill(_ universe: Universe) {
    outbox.abandon(universe)
    inFlight = []
  }

  private func hear(_ universe: Universe) {
    let log = universe.log(universe.topics.signals)
    while signals < log.count {
      let record = log[signals]
      signals += 1
      guard record.headers.text("ce_type") == "conclave.calls.cancelled.v1",
        let value = record.value, let signal = try? JSON.parse(value), let deliberation = signal["deliberation"]?.string
      else { continue }
      if signal["all"]?.bool == true { cancelledDeliberations.insert(deliberation) }
      for call in signal["calls"]?.array ?? [] { if let call = call.string { cancelled.insert(call) } }
    }
  }

  private func take(_ record: Record, _ universe: Universe) {
    guard let value = record.value, let json = try? JSON.parse(value), let command = try? CallCommand(json) else {
      universe.count("unreadable command")
      map.finish(record.offset)
      return
    }
    if let answer = answered[command.call.text] {
      universe.count("answered from memory")
      outbox.send(answer, record.offset)
      return
    }
    if inFlight.contains(where: { $0.command.call == command.call }) {
      universe.count("command in flight already")
      map.finish(record.offset)
      return
    }
    let execution = "x\(universe.pick(0..<1_000_000_000))"
    let (delay, outcome) = Script.outcome(command, execution, universe)
    let deadline = command.deadline.milliseconds
    if universe.now >= deadline {
      reply(record.offset, command, Script.failed(command, execution, .expired, universe), universe)
    } else if universe.now + delay >= deadline {
      let late = Script.failed(command, execution, .timeout, universe)
      inFlight.append(
        Call(offset: record.offset, command: command, execution: execution, due: deadline, outcome: late))
    } else {
      inFlight.append(
        Call(
          offset: record.offset, command: command, execution: execution, due: universe.now + delay, outcome: outcome))
    }
  }

  private func finish(_ universe: Universe) {
    guard
      let index = inFlight.firstIndex(where: { call in
        call.due <= universe.now || cancelled.contains(call.command.call.text)
          || cancelledDeliberations.contains(call.command.call.deliberation)
      })
    else { return }
    let call = inFlight.remove(at: index)
    if call.due <= universe.now {
      reply(call.offset, call.command, call.outcome, universe)
    } else {
      universe.count("call cancelled")
      reply(call.offset, call.command, Script.failed(call.command, call.execution, .cancelled, universe), universe)
    }
  }

  private func reply(_ offset: Int64, _ command: CallCommand, _ outcome: Event, _ universe: Universe) {
    let call = command.call
    let name = if case .callCompleted = outcome { "call.completed" } else { "call.failed" }
    let envelope = Envelope(
      id: IDs.event(call.deliberation, name, call.local), type: outcome.type, source: "/conclave/model-caller",
      subject: call.deliberation, time: Moment(milliseconds: universe.now).rfc3339)
    let record = Outgoing(
      topic: universe.topics.events, partition: nil, key: Array(call.deliberation.utf8), value: outcome.json.bytes,
      headers: envelope.headers)
    answered[call.text] = record
    outbox.send(record, offset)
  }
}

import Bus
import Folding

/// A subject that is opened, is owed one call and a note of it, counts votes, and ends with a result: the smallest thing
/// that uses all of the runtime.
struct Toy: Decider {
  var answersEnds = true

  struct State: Equatable {
    var name = ""
    var isOpened = false
    var isNoted = false
    var votes: Set<String> = []
    var deadline: Int64 = .max
    var end: String?
  }

  struct Output: FoldOutput, Equatable {
    let id: String
    let topic: String
    var after: [String] = []
    var returns: Bool { topic == "log" }
  }

  func evolve(_ state: inout State?, _ record: FoldRecord) throws(Unreadable) {
    var toy = state ?? State(name: record.subject)
    let text = String(decoding: record.value, as: UTF8.self)
    switch record.envelope.type {
    case "opened":
      guard let deadline = Int64(text) else { throw Unreadable("opened: \(text) is no deadline") }
      if !toy.isOpened {
        toy.isOpened = true
        toy.deadline = deadline
      }
    case "noted": toy.isNoted = true
    case "vote": if toy.end == nil { toy.votes.insert(record.envelope.id) }
    case "ended": if toy.end == nil { toy.end = record.envelope.id }
    default: break
    }
    state = toy
  }

  func decide(_ state: State, now: Int64) -> [Output] {
    guard state.isOpened else { return [] }
    if let end = state.end { return [Output(id: "\(end)/result", topic: "results")] }
    var outputs: [Output] = []
    if !state.isNoted {
      let call = Output(id: "\(state.name)/call", topic: "calls")
      outputs = [call, Output(id: "\(state.name)/noted", topic: "log", after: [call.id])]
    }
    if state.votes.count >= 2 || now >= state.deadline { outputs.append(Output(id: "\(state.name)/end", topic: "log")) }
    return outputs
  }

  func wake(_ state: State) -> Int64? { state.isOpened && state.end == nil ? state.deadline : nil }

  func phase(_ state: State) -> FoldPhase { state.end != nil ? .ended : state.isOpened ? .open : .unopened }

  func closes(_ record: FoldRecord, isFirst: Bool) -> Bool { record.envelope.type == "ended" }

  func matters(late type: String) -> Bool { type == "opened" }

  func late(_ record: FoldRecord) -> [Output] {
    record.envelope.type == "opened" ? [Output(id: "\(record.envelope.id)/late", topic: "results")] : []
  }

  func record(_ output: Output) -> Outgoing {
    Outgoing(topic: output.topic, partition: nil, key: nil, value: Array(output.id.utf8), headers: [])
  }
}

/// One partition of a log in memory, and a fold over it.
struct Bench {
  var fold: PartitionFold<Toy>
  var offset: Int64 = 0
  var now: Int64 = 1_000
  var tokens: [String: FoldToken] = [:]

  init(
    committed: Int64? = 0, acknowledged: Int64? = nil, start: Int64 = 0, end: Int64 = 0,
    limits: FoldLimits = FoldLimits(windowMilliseconds: 1_000), answersEnds: Bool = true
  ) {
    fold = PartitionFold(
      decider: Toy(answersEnds: answersEnds), limits: limits,
      resumed: Progress(committed: committed ?? 0, acknowledged: acknowledged ?? committed ?? 0, timestamp: 0),
      hasCommit: committed != nil, start: start, end: end, now: 1_000)
    offset = start
  }

  /// Appends a record and lets the fold read it; what it wants sent comes back by name, dead letters as `dead:`.
  mutating func read(
    _ subject: String, _ type: String, _ id: String? = nil, _ value: String = "9000", stamp: Int64? = nil
  ) -> [String] {
    let envelope = Envelope(id: id ?? "\(subject)/\(type)", type: type, source: "/test", subject: subject, time: "")
    let record = Record(
      topic: "log", partition: 0, offset: offset, timestamp: stamp ?? now, key: Array(subject.utf8),
      value: Array(value.utf8),
      headers: envelope.headers)
    offset += 1
    do { return take(fold.read(try FoldRecord(record, partitions: nil), now: now)) } catch { return ["\(error)"] }
  }

  mutating func acknowledge(_ names: String...) -> [String] {
    var sent: [String] = []
    for name in names {
      guard let token = tokens[name] else { return ["never sent: \(name)"] }
      sent += take(fold.acknowledged(token, now: now))
    }
    return sent
  }

  mutating func tick(_ now: Int64) -> [String] {
    self.now = now
    return take(fold.tick(now: now))
  }

  mutating func take(_ actions: [FoldAction]) -> [String] {
    actions.map { action in
      switch action {
      case .send(let record, let token):
        let name = String(decoding: record.value ?? [], as: UTF8.self)
        tokens[name] = token
        return name
      case .deadLetter(let record, _, let token):
        tokens["dead:\(record.offset)"] = token
        return "dead:\(record.offset)"
      }
    }
  }

  /// The two offsets that may be committed.
  var offsets: [Int64] {
    mutating get {
      let progress = fold.progress()
      return [progress.committed, progress.acknowledged]
    }
  }
}

import Bus
import Deliberation
import ModelCaller
import Models
import Testing

/// A call table with a clock of its own, driven as a sentence: given, when, then.
struct Table {
  var table: CallTable
  var now = Moment(milliseconds: 1_790_000_000_000)
  private var epoch = 0

  init(
    instance: String = "caller-a", inFlight: Int = 100, room: Int = 100, seed: UInt64 = 7, gate: Gate? = nil,
    _ adjust: (inout CallLimits) -> Void = { _ in }
  ) {
    var limits = CallLimits()
    limits.inFlight = inFlight
    adjust(&limits)
    table = CallTable(
      instance: instance, limits: limits, gates: ["one": gate ?? Gate(limit: room), "two": Gate(limit: room)],
      seed: seed,
      routes: { command in
        command.models.flatMap { model in
          switch model {
          case "m": [Route(provider: "one", model: "m", name: "m-1", price: Price(input: 1, output: 2))]
          case "both":
            [
              Route(provider: "one", model: "both", name: "b-1", price: Price(input: 1, output: 2)),
              Route(provider: "two", model: "both", name: "b-2", price: Price(input: 1, output: 2)),
            ]
          case "hedged":
            [Route(provider: "one", model: "hedged", name: "h-1", price: Price(input: 1, output: 2), hedge: 90)]
          case "hedged-both":
            ["one", "two"].map {
              Route(provider: $0, model: "hedged-both", name: "h", price: Price(input: 1, output: 2), hedge: 90)
            }
          default: [Route]()
          }
        }
      })
  }

  // MARK: given and when

  mutating func assign(_ partition: Int32 = 0, committed: Int64? = 0, metadata: String? = nil) -> [Action] {
    epoch += 1
    table.assigned(
      Assignment(
        partition: TopicPartition(topic: "calls", partition: partition), epoch: epoch, committed: committed,
        metadata: metadata), now: now)
    return table.take()
  }

  mutating func revoke(_ partition: Int32 = 0, lost: Bool = false) -> (commits: [CommitEntry], actions: [Action]) {
    let commits = table.revoked([partition], lost: lost, now: now)
    return (commits, table.take())
  }

  mutating func read(_ record: Record) -> [Action] {
    table.received(record, now: now)
    return table.take()
  }

  mutating func read(_ offset: Int64, _ call: String, partition: Int32 = 0, model: String = "m") -> [Action] {
    read(Self.record(offset, call, partition: partition, model: model, deadline: now + 60_000))
  }

  mutating func answer(_ attempt: Attempt, _ text: String = "yes") -> [Action] {
    var answer = ProviderAnswer()
    answer.content = text
    answer.finishReason = "stop"
    answer.usage = TokenUsage(prompt: 10, completion: 20)
    table.ended(serial: attempt.serial, number: attempt.number, answer, nil, now: now)
    return table.take()
  }

  mutating func fail(_ attempt: Attempt, _ failure: ProviderFailure, _ answer: ProviderAnswer = .init()) -> [Action] {
    table.ended(serial: attempt.serial, number: attempt.number, answer, failure, now: now)
    return table.take()
  }

  /// An answer begins.
  mutating func speak(_ attempt: Attempt) -> [Action] {
    table.spoke(serial: attempt.serial, number: attempt.number, now: now)
    return table.take()
  }

  mutating func acknowledge(_ actions: [Action], _ delivery: Delivery = .acknowledged) -> [Action] {
    for case .write(_, let receipt) in actions where receipt != .signal {
      table.acknowledged(receipt, delivery, now: now)
    }
    return table.take()
  }

  mutating func hear(_ signal: Signal) -> [Action] {
    table.heard(signal, now: now)
    return table.take()
  }

  /// What the cache has for a call.
  mutating func find(_ serial: Int, _ value: [UInt8]?) -> [Action] {
    table.found(serial: serial, value, now: now)
    return table.take()
  }

  mutating func pass(_ milliseconds: Int64) -> [Action] {
    let end = now + milliseconds
    var actions: [Action] = []
    while let wake = table.wake, wake <= end {
      now = max(now, wake)
      table.tick(now)
      actions += table.take()
      for case .commit in actions.suffix(1) { table.committed(true, now: now) }
      actions += table.take()
    }
    now = end
    return actions
  }

  /// A call under way is answered, and its outcome acknowledged.
  mutating func finish(_ attempt: Attempt, _ text: String = "yes") -> [Action] {
    let actions = answer(attempt, text)
    return actions + acknowledge(actions)
  }

  /// A whole call: read, answered, acknowledged.
  mutating func perform(_ offset: Int64, _ call: String) throws {
    let attempt = try #require(read(offset, call).attempts.first)
    _ = acknowledge(answer(attempt))
  }

  // MARK: builders

  static func record(
    _ offset: Int64, _ call: String, partition: Int32 = 0, model: String = "m", deadline: Moment,
    maxCost: Double? = nil, stream: ReplyAddress? = nil, tools: [JSON] = [], cache: CallCommand.Cache? = nil
  ) -> Record {
    guard let id = CallID("\(call)/panel/0/0/0") else { preconditionFailure("no call id: \(call)") }
    let command = CallCommand(
      call: id, models: model.split(separator: ",").map(String.init), modelAsked: model, tenant: "t",
      messages: [["role": "user", "content": "hello"]], tools: tools, deadline: deadline, maxCost: maxCost,
      stream: stream, cache: cache)
    let envelope = Envelope(
      id: IDs.command(id), type: CallCommand.type, source: "/test", subject: call, time: deadline.rfc3339)
    return Record(
      topic: "calls", partition: partition, offset: offset, timestamp: 0, key: nil, value: command.json.bytes,
      headers: envelope.headers)
  }

  static func name(_ call: String) -> String { "\(call)/panel/0/0/0" }
}

extension [Action] {
  var attempts: [Attempt] {
    compactMap { if case .start(let attempt) = $0 { attempt } else { nil } }
  }

  /// Calls for which the cache is asked, and what it is given to keep.
  var sought: [Int] { compactMap { if case .find(let serial, _, _) = $0 { serial } else { nil } } }
  var kept: [[UInt8]] { compactMap { if case .keep(_, _, let value) = $0 { value } else { nil } } }

  var outcomes: [OutcomeEvent] {
    compactMap { if case .write(.outcome(let outcome, _), _) = $0 { outcome } else { nil } }
  }

  var failures: [String] { outcomes.map { $0.reason?.rawValue ?? "none" } }

  var commits: [CommitEntry] {
    flatMap { if case .commit(let entries) = $0 { entries } else { [CommitEntry]() } }
  }

  var signals: [Signal] {
    compactMap { if case .write(.signal(let signal), _) = $0 { signal } else { nil } }
  }

  var deltas: [DeltaRecord] {
    compactMap { if case .write(.deltas(let record), _) = $0 { record } else { nil } }
  }

  var deadLetters: [String] {
    compactMap { if case .write(.deadLetter(_, let reason), _) = $0 { reason } else { nil } }
  }

  var paused: [Int32] { compactMap { if case .pause(let partition) = $0 { partition } else { nil } } }

  var resumed: [Int64] { compactMap { if case .resume(_, let offset) = $0 { offset } else { nil } } }

  var stopped: Int { count { if case .stop = $0 { true } else { false } } }
}

extension OutcomeEvent {
  var json: JSON { (try? JSON.parse(value)) ?? .null }
}

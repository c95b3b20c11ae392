internal import Bus
internal import Deliberation

/// Tells whole deliberations as they stand on the log, for measurements and tests: what comes out is what the services
/// would have written, digests and all, and follows from the seed.
struct Teller {
  static let topic = "conclave.events"
  static let partitions: Int32 = 12
  static let models = ["openai/gpt-5.5", "anthropic/claude-opus-4.5", "google/gemini-3-pro"]

  /// Bytes of an answer.
  var answerBytes = 2_048
  var tenants = ["default"]
  /// Marks of the keys that ask in turn.
  var keys: [String?] = [nil]
  /// When the first was asked.
  var begin = Moment(milliseconds: 1_780_000_000_000)
  private var random: SplitMix
  private var number: Int64 = 0
  private var offsets: [Int32: Int64] = [:]

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  /// An event of a deliberation, before it has a place.
  struct Told {
    let subject: String
    let id: String
    let type: String
    let time: Moment
    let value: [UInt8]
  }

  /// A complete deliberation: a panel of three, an analysis, an answer.
  mutating func deliberation() -> [Told] {
    number += 1
    let asked = begin + number * 250
    let id = IDs.deliberation(
      time: asked, random: (0..<10).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    var told: [Told] = []
    var at = asked
    func tell(_ event: Event, _ discriminator: some CustomStringConvertible, after: Int64) {
      at = at + after
      told.append(
        Told(
          subject: id, id: IDs.event(id, event.name.rawValue, discriminator), type: event.type, time: at,
          value: event.json.bytes))
    }
    let refs = Self.models.map { ModelRef(asked: $0, model: $0, lane: "default") }
    let origin = Origin(
      topic: "conclave.requests", partition: 0, offset: number, key: id, id: id + "/ask", source: "/conclave/gateway")
    var requested = Requested(
      answerer: refs[0], deadline: asked + 600_000, panelDeadline: asked + 360_000, judgeDeadline: asked + 480_000,
      origin: origin)
    requested.tenant = tenants[Int(number) % tenants.count]
    requested.key = keys[Int(number) % keys.count]
    requested.request = [
      "model": "openrouter/fusion", "messages": [["role": "user", "content": .string(words(12) + "?")]],
    ]
    requested.policy = .always
    requested.entrance = .alias
    requested.mode = number % 7 == 0 ? .bestOf : .merge
    requested.panel = refs
    requested.judge = refs[0]
    requested.quorum = 3
    requested.bodyHash = SHA256.hex(id)
    tell(.requested(requested), origin.discriminator, after: 0)
    let members = refs.enumerated().map { index, ref in
      PanelDispatched.Member(index: index, model: ref, call: CallID(id, .panel, member: index))
    }
    tell(
      .panelDispatched(
        PanelDispatched(round: 0, members: members, deadline: asked + 360_000, promptVersion: "1")), 0, after: 3)
    var cost = 0.0
    func outcome(_ call: CallID, _ model: String, _ content: String) {
      let price = Double(Int.random(in: 100...9_000, using: &random)) / 1e6
      cost += price
      let execution = Hex.text((0..<8).map { _ in UInt8.random(in: .min ... .max, using: &random) })
      tell(
        .callCompleted(
          CallCompleted(
            call: call, modelAsked: model, model: model, provider: "simulator", execution: execution,
            content: Passage(content), usage: Usage(promptTokens: 40, completionTokens: content.utf8.count / 4),
            cost: price,
            tries: [["provider": "simulator", "status": 200, "ms": 40]], started: at + 2, firstToken: at + 20,
            finished: at + 40)), call.local, after: 42)
    }
    for member in members { outcome(member.call, member.model.model, words(bytes: answerBytes)) }
    tell(.panelAssembled(PanelAssembled(round: 0, sealed: .complete, answered: members.map(\.call))), 0, after: 2)
    for purpose in [CallID.Purpose.judge, .answer] {
      let call = CallID(id, purpose)
      tell(
        .callRequested(
          CallRequested(
            call: call, model: Self.models[0], lane: "default", deadline: asked + 480_000, promptVersion: "1",
            messagesHash: SHA256.hex(id))), call.local, after: 3)
      outcome(call, Self.models[0], words(bytes: answerBytes))
      guard purpose == .judge else { continue }
      tell(.analysisCompleted(analysis(call, members.map(\.call))), 0, after: 2)
    }
    var hash = SHA256()
    for event in told { hash.update("\(event.id) \(SHA256.hex(event.value))\n") }
    let totals = Totals(
      usage: Usage(promptTokens: 200, completionTokens: 5 * answerBytes / 4), cost: cost, costFinal: true, calls: 5,
      durationMilliseconds: at - asked, digest: Hex.text(hash.finish()), digestEvents: told.count)
    tell(
      .completed(
        Completed(
          status: "ok", answerCall: CallID(id, .answer), model: Self.models[0], mode: requested.mode,
          totals: totals)), "end", after: 2)
    return told
  }

  private mutating func analysis(_ call: CallID, _ members: [CallID]) -> AnalysisCompleted {
    let odd = Self.models[Int.random(in: 0..<3, using: &random)]
    let stances = Self.models.map { model -> JSON in
      ["model": .string(model), "stance": model == odd ? "later" : "now"]
    }
    return AnalysisCompleted(
      round: 0, call: call,
      analysis: [
        "consensus": [.string(words(10))],
        "contradictions": [["topic": .string(words(3)), "stances": .array(stances)]],
        "partial_coverage": [], "unique_insights": [["model": .string(odd), "insight": .string(words(8))]],
        "blind_spots": [.string(words(6))],
      ],
      evidence: members.map { .init(point: "p", call: $0, quote: words(6), verified: true) }, promptVersion: "1")
  }

  private mutating func words(_ count: Int) -> String {
    (0..<count).map { _ in Self.vocabulary[Int(random.next() % UInt64(Self.vocabulary.count))] }.joined(separator: " ")
  }

  private mutating func words(bytes: Int) -> String {
    var text = ""
    while text.utf8.count < bytes {
      if !text.isEmpty { text += " " }
      text += Self.vocabulary[Int(random.next() % UInt64(Self.vocabulary.count))]
    }
    return text
  }

  /// Three thousand words of one to three syllables.
  private static let vocabulary: [String] = {
    let starts = ["b", "br", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "st", "t", "v"]
    let middles = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
    let syllables = starts.flatMap { start in middles.map { start + $0 } }
    var random = SplitMix(seed: 7)
    return (0..<3_000).map { _ in
      (0..<Int.random(in: 1...3, using: &random)).map { _ in syllables.randomElement(using: &random) ?? "a" }.joined()
    }
  }()

  /// The record of an event, at the next offset of its partition.
  mutating func record(_ told: Told) -> Record {
    let partition = Partitioner.murmur2(Array(told.subject.utf8), partitions: Self.partitions)
    let offset = offsets[partition, default: 0]
    offsets[partition] = offset + 1
    return Record(
      topic: Self.topic, partition: partition, offset: offset, timestamp: told.time.milliseconds,
      key: Array(told.subject.utf8), value: told.value, headers: Self.headers(told))
  }

  static func headers(_ told: Told) -> [Header] {
    Envelope(
      id: told.id, type: told.type, source: "/conclave/teller", instance: "teller-0", subject: told.subject,
      time: told.time.rfc3339, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    ).headers
  }

  /// Records of whole deliberations, several of them told at once as on a busy log.
  mutating func records(_ count: Int, atOnce: Int = 20) -> [Record] {
    var records: [Record] = []
    records.reserveCapacity(count + 1_000)
    while records.count < count {
      var open = (0..<atOnce).map { _ in deliberation()[...] }
      while !open.isEmpty {
        let place = Int(random.next() % UInt64(open.count))
        if let told = open[place].popFirst() { records.append(record(told)) }
        if open[place].isEmpty { open.remove(at: place) }
      }
    }
    return records
  }
}

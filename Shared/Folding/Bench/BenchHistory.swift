internal import Bus
internal import Deliberation

/// What stands on the log of a number of deliberations, made by the deciders themselves around scripted calls: a panel
/// of eight whose answers have paragraphs and quotation marks, a judge who quotes each of them, and an answer.
struct BenchHistory {
  /// By deliberation, each in log order.
  private(set) var deliberations: [[Record]] = []
  let topics = Topics(BusSettings(bootstrap: "", kind: .embedded, partitions: 1))
  private let question: String
  private let answers: [String]
  private let members: Int
  private let moment: Int64
  /// Nil: as long as an ask usually has.
  private let deadline: Int64?

  static let start: Int64 = 1_800_000_000_000
  static let members = 8

  init(
    deliberations count: Int, answerBytes: Int, members: Int = Self.members, start: Int64 = Self.start,
    deadline: Int64? = nil
  ) throws {
    self.members = members
    moment = start
    self.deadline = deadline
    question = Self.text("Which of the two ways is the better one?", bytes: answerBytes)
    answers = (0..<members).map {
      Self.text("Answer \($0): \"plain\" is what it is — so far.", bytes: answerBytes)
    }
    let catalogue = try Self.catalogue(members)
    let services: [any BenchServing] = [
      BenchService(Dispatching(), "panel-dispatcher", topics, at: start),
      BenchService(Assembling(), "aggregator", topics, at: start),
      BenchService(Judging(), "judge", topics, at: start),
    ]
    for number in 0..<count { deliberations.append(try run(number, catalogue, services)) }
  }

  private func run(_ number: Int, _ catalogue: Catalogue, _ services: [any BenchServing]) throws -> [Record] {
    let panel = JSON.array((0..<members).map { .string("author/model-\($0)") })
    var plugin: JSONObject = ["id": "fusion", "analysis_models": panel, "model": "author/judge"]
    if let deadline { plugin["deadline_ms"] = .int(deadline) }
    let request: JSON = [
      "model": "openrouter/fusion", "messages": [["role": "user", "content": .string(question)]],
      "plugins": [.object(plugin)],
    ]
    let moment = moment
    let id = Self.id(number)
    let result = Intake.output(
      ask: JSON.object(["request": request]).bytes, id: "ask-\(number)", source: "/bench", subject: id,
      topic: topics.requests, partition: 0, offset: Int64(number), key: nil, catalogue: catalogue,
      now: Moment(milliseconds: moment))
    guard case .requested(let asked) = result else { throw BenchError(description: "the bench's own ask was refused") }
    let sender = Sender(service: "panel-dispatcher", instance: "bench", incarnation: "0") { moment }
    var log: [Record] = []
    var due = [sender.record(asked, topic: topics.events, partition: nil, traceparent: nil)]
    while let next = due.first {
      due.removeFirst()
      if next.topic == topics.events {
        let record = Record(
          topic: next.topic, partition: 0, offset: Int64(log.count), timestamp: moment, key: next.key,
          value: next.value, headers: next.headers)
        log.append(record)
        for service in services { due += service.read(record) }
      } else if next.topic == topics.calls("default"), let value = next.value {
        let command = try CallCommand(value)
        let outcome = Output.event(.callCompleted(completion(command)), of: id, command.call.local)
        due.append(sender.record(outcome, topic: topics.events, partition: nil, traceparent: nil))
      }
    }
    return log
  }

  /// An id of the length that the gateway gives; its last twelve characters are the number.
  static func id(_ number: Int) -> String {
    let digits = String(number)
    return "gen-019a7f3c-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  /// The bytes of the question or the answer that a record brings; what a judge says is neither.
  static func contentBytes(_ record: Record) -> Int {
    guard let json = record.value.flatMap({ try? JSON.parse($0) }) else { return 0 }
    if let messages = json["request"]?["messages"]?.array {
      return messages.reduce(0) { $0 + ($1["content"]?.string?.utf8.count ?? 0) }
    }
    return json["purpose"]?.string == "judge" ? 0 : json["content"]?.string?.utf8.count ?? 0
  }

  private func completion(_ command: CallCommand) -> CallCompleted {
    let content: String =
      switch command.call.purpose {
      case .panel: answers[command.call.member ?? 0]
      case .judge: analysis
      case .decision, .answer: answers[0]
      }
    let started = Moment(milliseconds: moment)
    return CallCompleted(
      call: command.call, modelAsked: command.modelAsked, model: command.models[0], provider: "openrouter",
      execution: "8c3f1a52-0000-4000-8000-000000000000", content: Passage(content),
      usage: Usage(promptTokens: 1_000, completionTokens: 1_000), cost: 0.0125,
      tries: [["provider": "openrouter", "status": 200, "ms": 812]], started: started, firstToken: started + 200,
      finished: started + 900)
  }

  /// Every member is quoted once, and one quote stands nowhere.
  private var analysis: String {
    let letters = (0..<members).map { Labels.letter($0) }
    let quotes = letters.map { JSON.object(["response": .string($0), "quote": "is what it is — so far"]) }
    return JSON.object([
      "consensus": [["point": "It is what it is.", "quotes": .array(quotes)]],
      "contradictions": [
        [
          "topic": "plainness",
          "stances": .array(
            letters.prefix(2).map { ["response": .string($0), "stance": "It is plain.", "quote": "plain"] }),
        ]
      ],
      "partial_coverage": [
        ["responses": .array(letters.prefix(3).map(JSON.string)), "point": "How far it goes.", "quotes": []]
      ],
      "unique_insights": [
        [
          "response": .string(letters[max(0, letters.count / 2 - 1)]), "insight": "It could be otherwise.",
          "quote": "it could be otherwise",
        ]
      ],
      "blind_spots": ["Nobody asks when."],
    ]).text
  }

  private static func text(_ sentence: String, bytes: Int) -> String {
    let paragraph =
      "\(sentence) And so it goes on, from one sentence to the next, until the paragraph has its length.\n\n"
    var text = ""
    while text.utf8.count + paragraph.utf8.count <= bytes { text += paragraph }
    return text + String(repeating: ".", count: max(0, bytes - text.utf8.count))
  }

  private static func catalogue(_ members: Int) throws -> Catalogue {
    let models = (0..<members).map { "model-\($0)" } + ["judge"]
    return try Catalogue(
      json: [
        "providers": ["here": ["base_url": "http://127.0.0.1:9/v1", "format": "openai"]],
        "models": .array(
          models.map { name in
            [
              "slug": .string("author/\(name)"), "family": .string("author/\(name)"), "released": "2026-01-01",
              "lane": "default", "context": 200_000, "price": ["input": 1.0, "output": 5.0],
              "via": [["provider": "here", "name": .string(name)]],
            ]
          }),
        "presets": ["general-high": ["panel": ["author/model-0"], "judge": "author/judge"]],
        "lanes": ["default": ["max_concurrency": 100]], "limits": ["record_bytes": 1_000_000],
      ]
    ) { _ in true }
  }
}

/// Why the bench cannot measure.
package struct BenchError: Error, CustomStringConvertible {
  package let description: String
}

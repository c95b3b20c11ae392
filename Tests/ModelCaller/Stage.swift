import Bus
import Deliberation
import ModelCaller
import Models
import Telemetry
import Testing
import Threads
import Tools

#if canImport(Glibc)
  import Glibc
#endif

/// A broker, callers on it, and eyes on what they write. The real broker where `CONCLAVE_KAFKA` names one.
final class Stage: Sendable {
  let bus: BusSettings
  let topics: Topics
  let events: Watch
  let replies: Watch
  let signals: Watch
  let deadLetters: Watch
  private let embedded: EmbeddedBroker?
  private let producer: Producer
  private let consumers: [Consumer]
  private let simulator: String
  private let counter = Lock(0)
  private let name = String(UInt32.random(in: 0 ..< .max), radix: 16)

  static let partitions = 4

  init(_ simulator: String, partitions: Int = Stage.partitions) async throws {
    self.simulator = simulator
    let prefix = "test.\(getpid()).\(UInt32.random(in: 0 ..< .max))."
    let kafka = getenv("CONCLAVE_KAFKA").map { String(cString: $0) }
    var bus = BusSettings(
      bootstrap: kafka ?? "", kind: kafka == nil ? .embedded : .kafka, prefix: prefix, partitions: partitions)
    if kafka == nil {
      let broker = try EmbeddedBroker(topics: Topics(bus).all)
      embedded = broker
      bus.bootstrap = broker.bootstrap
    } else {
      embedded = nil
      try await Admin.create(bus, shapes: Topics(bus).all, log: .silent)
    }
    let settings = bus
    self.bus = settings
    let topics = Topics(bus)
    self.topics = topics
    producer = try Producer(bus, client: "test", log: .silent, metrics: Metrics())
    try await producer.warm([topics.calls("default"), topics.signals])
    func watch(_ topic: String) throws -> (Watch, Consumer) {
      let watch = Watch()
      let count = topics.all.first { $0.name == topic }?.partitions ?? 1
      let all = (0..<Int32(count)).map { TopicPartition(topic: topic, partition: $0) }
      let consumer = try Consumer(
        settings, client: "test", subscription: .assigned(all, group: nil), receiver: { watch }, log: .silent,
        metrics: Metrics())
      return (watch, consumer)
    }
    let watches = try [topics.events, topics.replies, topics.signals, topics.deadLetters].map(watch)
    events = watches[0].0
    replies = watches[1].0
    signals = watches[2].0
    deadLetters = watches[3].0
    consumers = watches.map(\.1)
  }

  deinit {
    for consumer in consumers { consumer.stop(within: .seconds(2)) }
    _ = producer.close(within: .seconds(1))
  }

  var isKafka: Bool { embedded == nil }

  /// A caller that takes every partition, with models that the simulator knows by name.
  func caller(
    _ instance: String, inFlight: Int = 2_000, room: Int = 100_000, metrics: Metrics = Metrics(),
    timeouts: ProviderTimeouts = ProviderTimeouts(), via: [String: [String]] = [:], others: [ProviderSettings] = [],
    cache: CacheOptions? = nil, tools: ToolSettings = .none, hedge: Int? = nil,
    price: Price = Price(input: 1, output: 2), rates: (requests: Int?, tokens: Int?) = (nil, nil),
    share: @escaping @Sendable (Int32) -> Bool = { _ in true }
  ) throws -> RunningCaller {
    var limits = CallLimits()
    limits.inFlight = inFlight
    let provider = ProviderSettings(
      name: "sim", baseURL: simulator, key: Secret("sk-test-not-a-key-1"), maxConcurrency: room,
      requestsPerMinute: rates.requests, tokensPerMinute: rates.tokens, timeouts: timeouts)
    let other = ProviderSettings(name: "messages", baseURL: simulator, format: .anthropic, key: Secret("sk-test-2"))
    let down = ProviderSettings(name: "down", baseURL: "http://127.0.0.1:9/v1")
    var options = CallerOptions(
      bus: bus, instance: instance, share: share, lanes: ["default": limits],
      providers: Dictionary(
        uniqueKeysWithValues: ([provider, down, other] + others).map { ($0.name, $0) }),
      routes: RouteTable { model in
        // a provider, and how it names the model where that is another name
        (via[model] ?? ["sim"]).map { way in
          let words = way.split(separator: " ").map(String.init)
          return Route(
            provider: words[0], model: model, name: words.count > 1 ? words[1] : model, price: price, hedge: hedge)
        }
      })
    options.cache = cache
    options.tools = tools
    return try RunningCaller(options, metrics: metrics)
  }

  /// Sends the command of one call; answers its id.
  @discardableResult
  func command(
    _ model: String = "simulator/model-a", question: String = "Why is the sky blue?", call: CallID? = nil,
    milliseconds: Int64 = 60_000, stream: ReplyAddress? = nil, maxCost: Double? = nil, depth: Int = 0,
    cache: CallCommand.Cache? = nil, tools: [JSON] = [], _ change: (inout CallCommand) -> Void = { _ in }
  ) async throws -> CallID {
    let number = counter.withLock { counter in
      counter += 1
      return counter
    }
    // the simulator counts by call ids, and serves many stages
    let call = call ?? CallID("d-\(name)-\(number)", .panel, member: 0)
    var command = CallCommand(
      call: call, models: [model], modelAsked: model, tenant: "t",
      messages: [["role": "user", "content": .string(question)]], tools: tools,
      deadline: Wall.now() + milliseconds,
      maxCost: maxCost, depth: depth, stream: stream, cache: cache)
    change(&command)
    try await send(
      topics.calls("default"), key: cache?.key ?? call.text, IDs.command(call), CallCommand.type, command.json)
    return call
  }

  func say(_ signal: Signal) async throws {
    try await send(
      topics.signals, key: nil, "test/\(UInt64.random(in: 0 ..< .max))", signal.type, try JSON.parse(signal.value))
  }

  func send(_ topic: String, key: String?, _ id: String, _ type: String, _ value: JSON) async throws {
    let envelope = Envelope(id: id, type: type, source: "/test", time: Wall.now().rfc3339)
    _ = try await producer.send(
      Outgoing(
        topic: topic, partition: topic == topics.signals ? 0 : nil, key: key.map { Array($0.utf8) },
        value: value.bytes, headers: envelope.headers))
  }

  func raw(_ value: [UInt8]?, headers: [Header] = []) async throws {
    _ = try await producer.send(
      Outgoing(topic: topics.calls("default"), partition: 0, key: Array("k".utf8), value: value, headers: headers))
  }

  /// The outcomes of a call as they stand in the log.
  func outcomes(_ call: CallID) -> [JSON] { events.values.filter { $0["call"]?.string == call.text } }

  /// The calls that have an outcome, by the ids of the records: reading all values would cost a test more than its calls.
  var ended: Set<String> {
    Set(
      events.records.compactMap { record in
        let id = record.headers.first { $0.name == "ce_id" }?.value.map { String(decoding: $0, as: UTF8.self) }
        return id.map { $0.replacing("/call.completed/", with: "/").replacing("/call.failed/", with: "/") }
      })
  }

  /// When the first outcome of each call was written.
  var firstOutcomes: [String: Moment] {
    events.records.reduce(into: [:]) { times, record in
      guard let id = record.headers.first(where: { $0.name == "ce_id" })?.value else { return }
      let call = String(decoding: id, as: UTF8.self).replacing("/call.completed/", with: "/")
        .replacing("/call.failed/", with: "/")
      let time = Moment(milliseconds: record.timestamp)
      times[call] = min(times[call] ?? time, time)
    }
  }

  func outcome(_ call: CallID, within limit: Duration = .seconds(20)) async throws -> JSON {
    await eventually("there is an outcome of \(call)", within: limit) { !self.outcomes(call).isEmpty }
    return try #require(outcomes(call).first)
  }
}

/// A caller in this process that is stopped at the latest when the test ends.
final class RunningCaller: Sendable {
  let readiness = Readiness()
  let metrics: Metrics
  private let caller: Caller
  private let isStopped = Lock(false)

  init(_ options: CallerOptions, metrics: Metrics) throws {
    self.metrics = metrics
    let log: Log =
      getenv("CONCLAVE_TEST_LOG") == nil
      ? .silent : Log(service: "model-caller", instance: options.instance, level: .debug, format: .text)
    caller = try Caller(options, log: log, metrics: metrics, readiness: readiness) { why in
      Issue.record("the caller cannot go on: \(why)")
    }
    caller.start()
  }

  func ready() async { await eventually("the caller is ready") { self.readiness.isReady } }

  /// The sum over all labels, or over those that hold such a word.
  func metric(_ name: String, of label: String = "") -> Double {
    metrics.render().split(separator: "\n").filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
      .filter { label.isEmpty || $0.contains("\"\(label)\"") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  func stop(within limit: Duration = .seconds(3)) {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    if isFirst { caller.stop(within: limit) }
  }

  deinit { stop() }
}

/// Keeps every record of a topic.
final class Watch: Receiver, Sendable {
  private let seen = Lock([Record]())

  var records: [Record] { seen.withLock(\.self) }
  var count: Int { seen.withLock(\.count) }
  var values: [JSON] { records.compactMap { $0.value.flatMap { try? JSON.parse($0) } } }

  func assigned(_ assignments: [Assignment], _ consumer: Consumer) -> [TopicPartition: StartAt] { [:] }
  func revoked(_ partitions: [TopicPartition], lost: Bool, _ consumer: Consumer) {}
  func received(_ record: Record, _ consumer: Consumer) { seen.withLock { $0.append(record) } }
  func positionLost(_ partition: TopicPartition, at offset: Int64, _ consumer: Consumer) -> StartAt { .beginning }
  func turn(_ consumer: Consumer) -> Duration? { nil }
}

enum Wall {
  static func now() -> Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Moment(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

package import Bus
internal import Deliberation
internal import Models
package import Telemetry
internal import Threads
internal import Tools
internal import Web

/// The model-caller at work: hears the signals, then takes commands of every lane, makes the calls, and ends in order.
package final class Caller: Sendable {
  private struct Parts {
    var signals: Consumer?
    var lanes: [Consumer] = []
    var loops: [LaneLoop] = []
    var isStopping = false
  }

  private let options: CallerOptions
  private let topics: Topics
  private let log: Log
  private let metrics: Metrics
  private let readiness: Readiness
  private let onFatal: @Sendable (String) -> Void
  private let producer: Producer
  private let client: HTTPClient
  private let performer: Performer
  private let cache: ResponseCache?
  private let mailboxes: [String: Mailbox]
  /// Of this life of the process, so that an earlier one under the same name is not taken for it.
  private let incarnation: String
  private let parts = Lock(Parts())
  private let heard: Readiness.Condition

  package init(
    _ options: CallerOptions, log: Log, metrics: Metrics, readiness: Readiness,
    onFatal: @escaping @Sendable (String) -> Void
  ) throws(BusError) {
    self.options = options
    self.log = log
    self.metrics = metrics
    self.readiness = readiness
    self.onFatal = onFatal
    topics = Topics(options.bus)
    producer = try Producer(options.bus, client: options.instance, log: log, metrics: metrics)
    client = HTTPClient()
    performer = Performer(
      client: client, providers: options.providers, upstreamBytes: options.upstreamBytes,
      toolbox: Toolbox(options.tools, client: client, log: log, metrics: metrics))
    cache = options.cache.flatMap { ResponseCache($0, log: log, metrics: metrics) }
    mailboxes = options.lanes.mapValues { _ in Mailbox() }
    var words = SplitMix64(seed: SystemRandomNumberGenerator.seed())
    incarnation = String(words.token().prefix(8))
    heard = readiness.condition("signals", initially: "signals are not read to their end yet")
  }

  /// Returns at once; readiness says how far it is.
  package func start() {
    Task { [self] in
      while !parts.withLock(\.isStopping) {
        do throws(BusError) {
          if options.bus.kind == .kafka { try await Admin.prepare(options.bus, log: log, within: .seconds(5)) }
          try await producer.warm([topics.events, topics.replies, topics.signals, topics.deadLetters])
          listen()
          return
        } catch {
          if error.isUnmendable(in: options.bus.topics) { return onFatal(error.description) }
          log.warning("topics.not_ready", ("why", error.description))
          try? await Task.sleep(for: .milliseconds(500))
        }
      }
    }
  }

  private func listen() {
    let partition = TopicPartition(topic: topics.signals, partition: 0)
    let lanes = Array(mailboxes.values)
    do throws(BusError) {
      let consumer = try Consumer(
        options.bus.patient, client: "\(options.instance).signals", subscription: .assigned([partition], group: nil),
        receiver: { [self] in
          SignalsReader(
            mailboxes: lanes, isEmbedded: options.bus.kind == .embedded, memory: CallLimits().memory,
            metrics: metrics, log: log, onCaughtUp: { [self] in work() })
        },
        log: log, metrics: metrics)
      let isStopping = parts.withLock { parts in
        parts.signals = consumer
        return parts.isStopping
      }
      if isStopping { consumer.stop(within: .seconds(1)) }
    } catch {
      onFatal(error.description)
    }
  }

  /// The signals are heard up to now: commands may come.
  private func work() {
    heard.met()
    for (lane, limits) in options.lanes.sorted(by: { $0.key < $1.key }) {
      do throws(BusError) { try open(lane, limits) } catch { onFatal(error.description) }
    }
  }

  private func open(_ lane: String, _ limits: CallLimits) throws(BusError) {
    guard let mailbox = mailboxes[lane] else { return }
    let topic = topics.calls(lane)
    let group = topics.group("model-caller", lane: lane)
    let routes = options.routes
    var limits = limits
    limits.remembersAnswers = cache != nil
    limits.partitions = topics.all.first { $0.name == topic }?.partitions
    let table = CallTable(
      instance: "\(options.instance)/\(incarnation)", limits: limits,
      gates: options.providers.mapValues {
        Gate(
          limit: $0.maxConcurrency, requestsPerMinute: $0.requestsPerMinute, tokensPerMinute: $0.tokensPerMinute)
      }, seed: SystemRandomNumberGenerator.seed(),
      routes: { routes.ways($0) })
    let loop = LaneLoop(
      lane: lane, topic: topic, table: table,
      letters: Letters(
        topics: topics, group: group, instance: options.instance, incarnation: incarnation,
        recordBytes: limits.recordBytes),
      producer: producer, performer: performer, mailbox: mailbox, cache: cache,
      meters: LaneMeters(lane: lane, metrics: metrics, readiness: readiness), log: log)
    let consumer = try Consumer(
      options.bus, client: "\(options.instance).\(lane)", subscription: subscription(topic, lane, group),
      receiver: { loop }, log: log, metrics: metrics, onFatal: { [onFatal] in onFatal($0.description) })
    // an empty command is enough: the loop takes its mail at every turn
    mailbox.onMail { [weak consumer] in consumer?.perform { _ in } }
    let isStopping = parts.withLock { parts in
      parts.lanes.append(consumer)
      parts.loops.append(loop)
      return parts.isStopping
    }
    if isStopping { consumer.stop(within: .seconds(1)) }
  }

  private func subscription(_ topic: String, _ lane: String, _ group: String) -> Subscription {
    switch options.bus.kind {
    case .embedded:
      let count = topics.all.first { $0.name == topic }?.partitions ?? 12
      let mine = (0..<Int32(count)).filter(options.share)
      return .assigned(mine.map { TopicPartition(topic: topic, partition: $0) }, group: group)
    case .kafka:
      let instance = options.staticInstance.map { "\($0).\(lane)" }
      return .group(group, instance: instance, topics: [topic], session: Subscription.session(instance: instance))
    }
  }

  /// Hands the partitions on at once, lets the calls that run end while there is time, and leaves the rest to others.
  package func stop(within limit: Duration) {
    let end = Clock.now() + Int64(limit / .milliseconds(1))
    let (signals, lanes, loops) = parts.withLock { parts in
      parts.isStopping = true
      return (parts.signals, parts.lanes, parts.loops)
    }
    // Each lane drains on a thread of its own, so that they share the time, and as soon as its consumer has let go of it:
    // a call that nobody names while the group is left would be begun elsewhere.
    let drains = zip(lanes, loops).map { lane, loop in
      NamedThread.start("drain") { [log] in
        guard lane.release(within: .seconds(3)) else { return log.error("lane.held", ("lane", loop.lane)) }
        let left = loop.drain(until: end - Self.flush)
        if left > 0 { log.warning("lane.left", ("calls", left)) }
      }
    }
    for drain in drains { drain.join() }
    for lane in lanes { lane.stop(within: .seconds(1)) }
    signals?.stop(within: .seconds(1))
    client.shutdown()
    cache?.stop()
    if !producer.close(within: .milliseconds(max(100, end - Clock.now()))) { log.warning("producer.unflushed") }
  }

  /// Of the time that an end may take, what is kept for the producer's last acknowledgements.
  private static let flush: Int64 = 1_000
}

extension SystemRandomNumberGenerator {
  fileprivate static func seed() -> UInt64 {
    var random = SystemRandomNumberGenerator()
    return random.next()
  }
}

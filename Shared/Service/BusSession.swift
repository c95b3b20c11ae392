package import Bus
internal import Settings
internal import Telemetry
internal import Threads

/// A service's life on the bus: its producer first, its consumers once the topics are known, readiness all along, and
/// everything ended in order.
///
/// Without a broker it waits and says so; when the broker comes, or comes back, the work goes on without a restart.
package final class BusSession: Stoppable, Sendable {
  package let producer: Producer
  private let context: ServiceContext
  private let reading: BusSettings
  private let state = Lock(State())

  private struct State {
    var consumers: [Consumer] = []
    var isStopped = false
    var conditions: [@Sendable () -> String?] = []
  }

  /// `warming`: the topics written to; nothing is read before all of them are known. `start` then makes the consumers,
  /// which read with the service's settings, or with `reading` where that is given.
  package init(
    _ context: ServiceContext, warming topics: [String], reading: BusSettings? = nil,
    start: @escaping @Sendable (BusSession) throws -> Void
  ) throws {
    self.context = context
    self.reading = reading ?? context.settings.bus
    producer = try Producer(
      context.settings.bus, client: context.settings.instance, log: context.log, metrics: context.metrics)
    let condition = context.readiness.condition("bus", initially: "waiting for the brokers")
    Task.detached { await self.run(topics, condition, start) }
  }

  /// Adds a consumer that this session stops; the first added is the first stopped. `isPatient`: nobody waits for what it
  /// reads as for a hop.
  package func add(
    _ subscription: Subscription, client suffix: String = "", isPatient: Bool = false,
    _ receiver: @escaping @Sendable () -> any Receiver
  ) throws -> Consumer {
    let consumer = try Consumer(
      isPatient ? reading.patient : reading, client: context.settings.instance + suffix, subscription: subscription,
      receiver: receiver,
      log: context.log, metrics: context.metrics, onFatal: { [context] error in context.fatal("\(error)") })
    let isStopped = state.withLock { state in
      state.consumers.append(consumer)
      return state.isStopped
    }
    if isStopped { consumer.stop(within: .seconds(1)) }
    return consumer
  }

  /// Something else that must hold before the service is ready; it returns what is missing.
  package func require(_ condition: @escaping @Sendable () -> String?) {
    state.withLock { $0.conditions.append(condition) }
  }

  /// The group, or on the embedded broker the partitions that are handed out to this process.
  package func subscription(_ topics: [String], lane: String? = nil) -> Subscription {
    let settings = context.settings
    let group = context.topics.group(settings.service, lane: lane)
    switch settings.bus.kind {
    case .kafka:
      return .group(
        group, instance: settings.staticInstance, topics: topics,
        session: Subscription.session(instance: settings.staticInstance))
    case .embedded:
      let shapes = context.topics.all.filter { topics.contains($0.name) }
      let mine = shapes.flatMap { shape in
        (0..<Int32(shape.partitions)).filter(settings.share.holds).map {
          TopicPartition(topic: shape.name, partition: $0)
        }
      }
      return .assigned(mine, group: group)
    }
  }

  package func stop(within limit: Duration) {
    let consumers = state.withLock { state in
      state.isStopped = true
      return state.consumers
    }
    for consumer in consumers { consumer.stop(within: limit / 2) }
    if !producer.close(within: limit / 2) {
      context.log.warning("bus.unflushed", ("records", producer.inFlight))
    }
  }

  /// Makes the topics or checks them, as the settings say; the embedded broker was started with them.
  private func prepare() async throws(BusError) {
    guard context.settings.bus.kind == .kafka else { return }
    try await Admin.prepare(context.settings.bus, log: context.log, within: .seconds(5))
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Why it is not ready; nil: it is.
  private var missing: String? {
    let (consumers, conditions) = state.withLock { ($0.consumers, $0.conditions) }
    if consumers.isEmpty || consumers.contains(where: { !$0.isConnected }) {
      return "no broker answers, or no partitions are assigned yet"
    }
    return producer.refusal.map { "\($0)" } ?? conditions.lazy.compactMap { $0() }.first
  }

  private func run(
    _ topics: [String], _ condition: Readiness.Condition, _ start: @Sendable (BusSession) throws -> Void
  ) async {
    while !isStopped {
      do {
        try await prepare()
        try await producer.warm(topics)
        break
      } catch {
        if error.isUnmendable(in: context.settings.bus.topics) { context.fatal("\(error)") }
        condition.unmet("\(error)")
        context.log.warning("bus.waits", ("error", error))
        try? await Task.sleep(for: .milliseconds(300))
      }
    }
    if isStopped { return }
    do { try start(self) } catch { context.fatal("\(error)") }
    while !isStopped {
      let missing = missing
      if let missing { condition.unmet(missing) } else { condition.met() }
      // each look costs an idle process a fifth of a millisecond: what holds is looked at less often
      try? await Task.sleep(for: .milliseconds(missing == nil ? 400 : 100))
    }
  }
}

package import Telemetry
internal import Threads

/// Topics on a cluster: made where they are missing, only checked, or deleted. The embedded broker has no requests that make
/// topics (it is started with them), so there everything is a check. Each waits for a broker, at most `limit`.
package enum Admin {
  /// What `settings.topics` says.
  package static func prepare(
    _ settings: BusSettings, log: Log, within limit: Duration = .seconds(86_400)
  ) async throws(BusError) {
    switch settings.topics {
    case .create: try await create(settings, log: log, within: limit)
    case .check: try await check(settings, log: log, within: limit)
    }
  }

  /// Makes what is missing and checks what is there. Of several that create at once each goes on when all is there.
  package static func create(
    _ settings: BusSettings, shapes: [TopicShape]? = nil, log: Log, within limit: Duration = .seconds(86_400)
  ) async throws(BusError) {
    let shapes = shapes ?? Topics(settings).all
    try await onThread { () throws(BusError) in
      let handle = try AdminHandle(settings, log: log)
      defer { handle.destroy() }
      let deadline = ContinuousClock.now + limit
      var cluster = try wait(handle, settings, log, deadline)
      if let misfit = cluster.misfit(shapes) { throw misfit }
      let missing = cluster.missing(shapes)
      if missing.isEmpty { return }
      guard settings.kind == .kafka else { throw .unknownTopic(missing[0].name) }
      let made = try handle.create(
        missing, replication: cluster.replication(settings), recordBytes: settings.recordBytes)
      for name in made { log.info("topic.created", ("topic", name)) }
      // a broker may answer before it knows its own new topic
      repeat {
        cluster = try wait(handle, settings, log, deadline)
        if let misfit = cluster.misfit(shapes) { throw misfit }
        guard let absent = cluster.missing(shapes).first else { return }
        if deadline < .now { throw .unknownTopic(absent.name) }
        Pause.milliseconds(20)
      } while true
    }
  }

  /// Only checks: every topic is there, with the partitions that the services need.
  package static func check(
    _ settings: BusSettings, shapes: [TopicShape]? = nil, log: Log, within limit: Duration = .seconds(86_400)
  ) async throws(BusError) {
    let shapes = shapes ?? Topics(settings).all
    let cluster = try await cluster(settings, log: log, within: limit)
    if let misfit = cluster.misfit(shapes) { throw misfit }
    if let missing = cluster.missing(shapes).first { throw .unknownTopic(missing.name) }
  }

  /// Takes topics off a real cluster for good, with all that they hold. What is not there is as good as deleted; the
  /// embedded broker has no such request, its topics end with it.
  package static func delete(
    _ settings: BusSettings, topics: [String], log: Log, within limit: Duration = .seconds(30)
  ) async throws(BusError) {
    guard settings.kind == .kafka, !topics.isEmpty else { return }
    try await onThread { () throws(BusError) in
      let handle = try AdminHandle(settings, log: log)
      defer { handle.destroy() }
      let deadline = ContinuousClock.now + limit
      _ = try wait(handle, settings, log, deadline)
      for name in try handle.delete(topics) { log.info("topic.deleted", ("topic", name)) }
      // a broker may answer before it has forgotten them
      repeat {
        let cluster = try wait(handle, settings, log, deadline)
        guard let left = topics.first(where: { cluster.topics[$0] != nil }) else { return }
        if deadline < .now { throw .timedOut("deleting \(left)") }
        Pause.milliseconds(20)
      } while true
    }
  }

  /// Checks what services do not: that every topic keeps its records for as long as is needed, and drops none by its key.
  package static func checkKeeping(_ settings: BusSettings, log: Log) async throws(BusError) {
    let shapes = Topics(settings).all
    try await onThread { () throws(BusError) in
      let handle = try AdminHandle(settings, log: log)
      defer { handle.destroy() }
      let found: [String: [String: String]]
      do throws(KafkaError) { found = try handle.configurations(of: shapes.map(\.name)) } catch {
        throw error.asBusError("how topics are kept")
      }
      for shape in shapes {
        if let misfit = shape.misfit(found[shape.name] ?? [:]) { throw misfit }
      }
    }
  }

  package static func cluster(
    _ settings: BusSettings, log: Log, within limit: Duration = .seconds(10)
  ) async throws(BusError) -> Cluster {
    try await onThread { () throws(BusError) in
      let handle = try AdminHandle(settings, log: log)
      defer { handle.destroy() }
      return try wait(handle, settings, log, .now + limit)
    }
  }

  private static func wait(
    _ handle: AdminHandle, _ settings: BusSettings, _ log: Log, _ deadline: ContinuousClock.Instant
  ) throws(BusError) -> Cluster {
    var said = ContinuousClock.now
    while true {
      let left = ContinuousClock.now.duration(to: deadline)
      do throws(KafkaError) {
        return try handle.cluster(within: min(.seconds(2), max(.milliseconds(50), left)))
      } catch {
        if error.isDenied { throw error.asBusError("the cluster") }
        if deadline < .now { throw .unreachable(settings.bootstrap, why: error.text) }
        if said.duration(to: .now) > .seconds(5) {
          log.warning("bus.waiting", ("servers", settings.bootstrap), ("why", error.text))
          said = .now
        }
        Pause.milliseconds(50)
      }
    }
  }

  /// librdkafka's questions block, so they get a thread.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws(BusError) -> Value
  ) async throws(BusError) -> Value {
    let result: Result<Value, BusError> = await withCheckedContinuation { continuation in
      _ = NamedThread.start("bus-admin") {
        do throws(BusError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}

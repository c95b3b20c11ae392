internal import Bus
internal import Deliberation
internal import FoundationEssentials
internal import Glibc
internal import Telemetry
internal import Threads

/// One run of the benchmark of calls: its simulator, and one measurement after the other.
final class CallBenchRun {
  enum Subject { case caller, plain }

  private let simulator: BenchChild
  private let url: String
  private let folder: String
  private let program: String
  private let configuration: String
  let log: Log

  static let patience = Duration.seconds(60)

  init(log: Log) throws(CommandError) {
    self.log = log
    program = UpPlan.executableFolder
    folder = FileManager.default.temporaryDirectory.path + "/conclave-bench-\(getpid())"
    configuration = folder + "/conclave.json"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch { throw .failed("\(folder) cannot be made: \(error)") }
    simulator = try BenchChild(
      program + "/model-simulator", ["--port", "0", "--latency", "0", "--with-parent"],
      ["CONCLAVE_ANNOUNCE_FD": "3"])
    guard let http = try simulator.announcement(within: Self.patience).http else {
      throw .failed("the simulator did not say where it is")
    }
    url = "http://\(http)/v1"
  }

  func end() {
    simulator.end()
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      log.warning("bench.left", ("folder", folder), ("why", "\(error)"))
    }
  }

  /// Takes turns, so that a busy machine is unfair to both alike.
  func level(_ inFlight: Int, calls: Int, rounds: Int) throws(CommandError) -> CallBench.Level {
    var caller: [CallBench.Figures] = []
    var plain: [CallBench.Figures] = []
    for _ in 0..<rounds {
      plain.append(try measure(.plain, inFlight, calls))
      caller.append(try measure(.caller, inFlight, calls))
    }
    return CallBench.Level(inFlight: inFlight, calls: calls, caller: caller, plain: plain)
  }

  private func measure(_ subject: Subject, _ inFlight: Int, _ calls: Int) throws(CommandError) -> CallBench.Figures {
    do {
      let shapes = Topics(BusSettings(bootstrap: "", kind: .embedded, partitions: CallBench.partitions))
      let broker = try EmbeddedBroker(topics: shapes.all, log: log)
      let bus = BusSettings(bootstrap: broker.bootstrap, kind: .embedded, partitions: CallBench.partitions)
      try fill(bus, calls)
      let watch = CallBenchWatch(from: calls / 5, to: calls)
      let partitions = (0..<Int32(CallBench.partitions)).map {
        TopicPartition(topic: Topics(bus).events, partition: $0)
      }
      let consumer = try Consumer(
        bus, client: "bench", subscription: .assigned(partitions, group: nil), receiver: { watch }, log: log,
        metrics: Metrics())
      defer { consumer.stop(within: .seconds(5)) }
      let child = try start(subject, bus, inFlight)
      defer { child.end() }
      watch.subject(child.pid)
      guard let figures = watch.wait(within: Self.patience) else {
        throw CommandError.failed("\(watch.count) of \(calls) calls had ended after \(Self.patience)")
      }
      withExtendedLifetime(broker) {}
      return figures
    } catch let error as CommandError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Writes the commands; whoever is measured reads them from the beginning.
  private func fill(_ bus: BusSettings, _ calls: Int) throws {
    let producer = try Producer(bus, client: "bench", log: log, metrics: Metrics())
    defer { producer.close(within: .seconds(5)) }
    let topic = Topics(bus).calls("default")
    try awaited { () throws(CommandError) in
      do { try await producer.warm([topic]) } catch { throw .failed("\(error)") }
    }
    let written = Lock(0)
    for number in 0..<calls {
      producer.send(command(number, topic)) { _ in written.withLock { $0 += 1 } }
    }
    let end = ContinuousClock.now + Self.patience
    while written.withLock({ $0 }) < calls {
      guard ContinuousClock.now < end else { throw CommandError.failed("the commands were not written in time") }
      usleep(2_000)
    }
  }

  /// The command of the call of that number.
  func command(_ number: Int, _ topic: String) -> Outgoing {
    let call = CallID("bench-\(getpid())-\(number)", .panel, member: 0)
    let command = CallCommand(
      call: call, models: [CallBench.model], modelAsked: CallBench.model, tenant: "bench",
      messages: CallBench.messages.array ?? [], deadline: WallTime.now + 600_000)
    let envelope = Envelope(
      id: IDs.command(call), type: CallCommand.type, source: "/conclave/bench", subject: call.deliberation,
      time: WallTime.now.rfc3339)
    return Outgoing(
      topic: topic, partition: Int32(number % CallBench.partitions), key: Array(call.text.utf8),
      value: command.json.bytes, headers: envelope.headers)
  }

  func start(_ subject: Subject, _ bus: BusSettings, _ inFlight: Int) throws(CommandError) -> BenchChild {
    var environment = [
      "CONCLAVE_KAFKA": bus.bootstrap, "CONCLAVE_TOPIC_PREFIX": bus.prefix, "CONCLAVE_SIMULATOR": url,
      "PATH": "/usr/bin:/bin",
    ]
    for name in ["LD_LIBRARY_PATH", "LD_PRELOAD"] { environment[name] = getenv(name).map { String(cString: $0) } }
    // as `up` starts a caller, and the C loop no worse
    environment = FasterAllocator.chosen(environment)
    switch subject {
    case .plain:
      environment["IN_FLIGHT"] = "\(inFlight)"
      environment["PARTITIONS"] = "\(CallBench.partitions)"
      return try BenchChild(program + "/conclave", [CallLoopCommand.name], environment)
    case .caller:
      let json: JSON = [
        "providers": ["sim": ["base_url": "https://provider.example/v1"]],
        "models": [
          [
            "slug": .string(CallBench.model), "price": ["input": 1, "output": 2],
            "via": [["provider": "sim", "name": .string(CallBench.model)]],
          ]
        ],
        "presets": ["general-high": ["panel": [.string(CallBench.model)], "judge": .string(CallBench.model)]],
        "lanes": ["default": ["max_concurrency": .int(Int64(inFlight))]],
      ]
      do { try Data(json.bytes).write(to: URL(filePath: configuration)) } catch {
        throw .failed("\(configuration) cannot be written: \(error)")
      }
      environment["CONCLAVE_EMBEDDED"] = "1"
      environment["CONCLAVE_SHARE"] = "0/1"
      environment["CONCLAVE_PARTITIONS"] = "\(CallBench.partitions)"
      environment["CONCLAVE_CONFIG"] = configuration
      environment["CONCLAVE_DATA"] = folder
      environment["CONCLAVE_ADMIN"] = "127.0.0.1:0"
      environment["CONCLAVE_LOG"] = "error"
      return try BenchChild(program + "/model-caller", [], environment)
    }
  }
}

internal import Bus
internal import Deliberation
internal import Glibc
internal import Threads
internal import Web

/// What every scenario needs: a folder, the brokers, the system, the clients' record, and who judges.
final class Stage {
  let options: Options
  let folder: String
  let doors = Doors()
  let node: KafkaNode?
  let house: House
  let book: ClientBook
  private(set) var report: Report
  private var referee: Referee?
  private var http = ""
  private(set) var watch: LogWatch?
  private(set) var clients: [Clients] = []
  /// When everything was ready for the first time, and so a moment after the topics were made.
  private(set) var opened = ContinuousClock.now

  init(_ options: Options, models: Models) throws(Failure) {
    self.options = options
    folder = try Files.runFolder()
    say("seed \(options.seed), folder \(folder)")
    var node: KafkaNode?
    if let home = options.kafkaHome {
      node = try KafkaNode(
        home: home, folder: "\(folder)/kafka", log: "\(folder)/kafka-scripts.log", seed: options.seed)
    }
    self.node = node
    house = House(folder: folder, doors: doors, models: models, kafka: node?.bootstrap)
    book = try ClientBook(path: "\(folder)/clients.jsonl")
    report = Report(options.scenario, seed: options.seed, bus: node == nil ? "embedded" : "kafka")
    Watchdog.shared.protect(node, limit: .seconds(options.limit))
  }

  /// Starts everything; returns when it is ready to be asked.
  func open(callers: Int = 1, verifies: Bool = true, flags: [String] = [], withControl: Bool = false) throws(Failure) {
    if let node {
      say("starting Kafka at \(node.bootstrap)")
      try Files.makeFolder("\(folder)/kafka")
      try node.start()
    }
    say("starting the system")
    let begun = ContinuousClock.now
    try house.start(callers: callers)
    opened = .now
    say("ready after \((opened - begun).milliseconds) ms at \(house.http), bus \(house.bus)")
    report.figure("ready_ms", .int((opened - begun).milliseconds))
    try observe(bootstrap: house.bus, http: house.http, verifies: verifies, flags: flags, withControl: withControl)
  }

  /// From here on the topics are read, by the verifier and to see who writes when.
  func observe(
    bootstrap: String, http: String, verifies: Bool = true, flags: [String] = [], withControl: Bool = false
  ) throws(Failure) {
    self.http = http
    if verifies {
      referee = try Referee(
        bootstrap: bootstrap, isEmbedded: node == nil, book: book, folder: folder, flags: flags,
        withControl: withControl, limit: options.limit)
    }
    watch = try LogWatch(bootstrap: bootstrap, isEmbedded: node == nil)
  }

  func startClients(_ plan: Clients.Plan) -> Clients {
    let clients = Clients(plan, http: http, client: doors.client, book: book)
    self.clients.append(clients)
    clients.start()
    return clients
  }

  func figure(_ name: String, _ value: JSON) { report.figure(name, value) }
  func line(_ text: String) { report.line(text) }
  func demand(_ isKept: Bool, _ otherwise: @autoclosure () -> String) { report.demand(isKept, otherwise()) }

  /// Waits for the clients that still wait, then for the verdict.
  func finish(_ clients: Clients, within limit: Duration) {
    let isDone = eventually(within: limit) { clients.isDone }
    demand(isDone, "\(clients.finished) clients were answered within \(limit), the others were not")
    clients.stop()
    let latencies = clients.latencies.map(\.milliseconds).sorted()
    if !latencies.isEmpty {
      figure("answer_ms_p50", .int(latencies[latencies.count / 2]))
      figure("answer_ms_p99", .int(latencies[min(latencies.count - 1, latencies.count * 99 / 100)]))
    }
    figure("refused_and_asked_again", .int(Int64(clients.refused)))
    judge()
  }

  func judge() {
    let repeats = house.simulatorMetric("conclave_simulator_executions_repeated_total")
    demand(repeats != nil, "the simulator does not say how many calls it was asked twice")
    var line: JSONObject = ["kind": "simulator"]
    line.append("repeated", ifPresent: repeats.map { .int($0) })
    line.append("calls", ifPresent: house.simulatorMetric("conclave_simulator_calls_total").map { .int($0) })
    book.write(line)
    if let referee { report.take(referee.judge()) }
  }

  /// Whether the ledger that came after this one has written anything.
  func hasLedgerWritten(after victim: House.Service) -> Bool {
    house.services.contains {
      $0.name == victim.name && $0.pid != victim.pid
        && (doors.metrics($0.admin)?.sum("conclave_ledger_events_total") ?? 0) > 0
    }
  }

  /// Has the ledger checked, and held against the topic record by record: its rows are what an independent reader counts.
  func verifyLedger() throws(Failure) {
    for words in [["verify", "--all", "--json"], ["verify", "--all", "--log", "--json"]] {
      let log = "\(folder)/\(words.joined(separator: "")).json"
      let child = try Child(
        "conclave verify", "\(Files.programs)/conclave", words, environment: house.environment, log: log)
      let hasEnded = child.waits(.seconds(120))
      child.end()
      let line = (Files.text(log) ?? "").split(separator: "\n").last { $0.hasPrefix("{") } ?? "{}"
      let report = (try? JSON.parse(String(line))) ?? [:]
      demand(
        hasEnded && child.status == 0 && report["passed"]?.bool == true,
        "conclave \(words.joined(separator: " ")) does not pass: \(Files.tail(log))")
      var figures = JSONObject()
      for name in ["events", "digests", "repeats", "paid", "cost_repeated", "cut", "compared", "gone", "found"] {
        figures.append(name, ifPresent: report[name])
      }
      figure(words.contains("--log") ? "ledger_and_topic" : "ledger", .object(figures))
      // only the embedded broker drops the oldest records within a run, and the ledger read them before that
      let mayBeCut = node == nil && words.contains("--log")
      demand(
        mayBeCut || report["cut"]?.int == 0,
        "conclave \(words.joined(separator: " ")) could not see where \(report["cut"]?.int ?? -1) deliberations began")
      guard words.contains("--log") else { continue }
      // counted by somebody who shares no code with either
      let stands = try countEvents()
      figure("events_by_kcat", .int(stands))
      demand(
        report["events"]?.int == stands && report["compared"]?.int == stands,
        "events holds \(stands) records by kcat, \(report["events"]?.int ?? -1) by verify, and \(report["compared"]?.int ?? -1)"
          + " rows of the ledger were held against them")
    }
  }

  /// What stands on `events` by kcat: of each partition where it ends, less where it begins.
  private func countEvents() throws(Failure) -> Int64 {
    let topics = Topics(BusSettings(bootstrap: house.bus, kind: .kafka))
    let partitions = topics.all.first { $0.name == topics.events }?.partitions ?? 0
    var sum: Int64 = 0
    for partition in 0..<partitions {
      sum += try offset("\(topics.events):\(partition):-1") - offset("\(topics.events):\(partition):-2")
    }
    return sum
  }

  private func offset(_ place: String) throws(Failure) -> Int64 {
    let log = "\(folder)/kcat-\(place)"
    let child = try Child(
      "kcat", "/usr/bin/kcat", ["-b", house.bus, "-Q", "-t", place], environment: house.environment, log: log)
    let hasEnded = child.waits(.seconds(20))
    child.end()
    let line = (Files.text(log) ?? "").split(separator: "\n").last { $0.contains("offset") }
    let offset = line?.split(separator: " ").last.flatMap { Int64($0) }
    demand(hasEnded && offset != nil, "kcat does not say where \(place) is: \(Files.tail(log))")
    return offset ?? 0
  }

  /// Writes down that a caller was killed or frozen, and what it had in hand just before.
  func noteKill(_ service: House.Service) -> Int64 {
    let inFlight =
      service.name == "model-caller"
      ? doors.metrics(service.admin)?.sum("conclave_calls_in_flight").map { Int64($0) } : 0
    demand(inFlight != nil, "\(service.instance) does not export conclave_calls_in_flight")
    let at = Time.now
    book.write([
      "kind": "kill", "service": .string(service.name), "instance": .string(service.instance),
      "pid": .int(Int64(service.pid)), "at": .int(at), "in_flight": .int(inFlight ?? 0),
    ])
    return at
  }

  /// Ends everything; the folder stays where something went wrong.
  func close() {
    for clients in clients { clients.stop() }
    watch?.stop()
    let wasOrderly = house.end()
    demand(wasOrderly, "not everything ended when it was asked to")
    referee?.end()
    node?.stop()
    doors.client.shutdown()
  }

  func tidy() {
    if report.passed, !options.keeps {
      Files.remove(folder)
    } else {
      say("the run's logs and record stay in \(folder)")
    }
  }
}

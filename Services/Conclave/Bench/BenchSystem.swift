internal import Deliberation
internal import FoundationEssentials
internal import Glibc
internal import Models
internal import Settings
internal import Threads
internal import Web

/// A whole system of a measurement's own: `conclave up` on a free port with simulated models that answer at once.
final class BenchSystem: Sendable {
  struct Shape: Sendable {
    /// How many deliberations are to be open at once.
    var open: Int
    var callers = 1
    /// How many calls each caller has in flight at most; nil: as many as what is open asks for.
    var inFlight: Int?
  }

  let url: String
  let run: RunFile
  /// From its start until every service was ready.
  let readySeconds: Double
  private let others: [(name: String, pid: Int32)]
  private let stopping: Bell
  private let ended: Bell
  private let killing = Lock(false)

  init(_ bus: BenchBus, _ shape: Shape) throws(CommandError) {
    var environment = bus.context.environment
    let settings: Settings
    do {
      var known = environment
      known["CONCLAVE_KAFKA"] = known["CONCLAVE_KAFKA"] ?? "127.0.0.1:1"
      settings = try Settings.load(service: "conclave", environment: known)
    } catch { throw .settings("\(error)") }
    for name in settings.providers.values.compactMap(\.keyVariable) { environment[name] = nil }
    environment["CONCLAVE_API_KEYS"] = nil
    environment["CONCLAVE_KAFKA"] = bus.context.kafka
    if bus.settings != nil { environment["CONCLAVE_TOPIC_PREFIX"] = bus.prefix }
    environment["CONCLAVE_SIMULATOR_LATENCY_MS"] = "0"
    environment["CONCLAVE_LOG"] = "warning"
    let path = bus.folder + "/conclave.json"
    do {
      try Data(Self.configuration(settings.configuration, shape).bytes).write(to: URL(filePath: path))
    } catch { throw .failed("\(path) cannot be written: \(error)") }
    let data = bus.folder + "/data"
    let words = ["up", "--port", "0", "--config", path, "--data", data, "--callers", "\(shape.callers)"]
    stopping = Bell()
    ended = Bell()
    others = bus.others
    let began = ContinuousClock.now
    Self.start(words, environment, stopping, ended, killing)
    do throws(CommandError) {
      run = try awaited { () async throws(CommandError) in try await Self.ready(data) }
    } catch {
      stopping.ring()
      throw error
    }
    readySeconds = (ContinuousClock.now - began) / .seconds(1)
    url = run.http
  }

  /// What is measured: its services, its supervisor, its broker, and who loads it.
  var processes: ProcessSet {
    ProcessSet(
      all: run.services.map { ($0.name, $0.pid) } + others
        + [(Self.supervisor, run.up), (Self.generator, getpid())])
  }

  static let supervisor = "supervisor"
  static let generator = "this client"

  /// The sum of a metric over the copies of a service and over labels.
  func metric(_ name: String, of service: String, _ client: HTTPClient) async -> Double {
    var sum = 0.0
    for process in run.services where process.name == service {
      let request = HTTPRequest(
        url: "http://\(process.admin ?? "")/metrics", timeouts: HTTPRequest.Timeouts(total: .seconds(5)))
      guard let response = try? await client.send(request), response.status == 200 else { continue }
      sum += MetricsText.sum(String(decoding: response.body, as: UTF8.self), name)
    }
    return sum
  }

  /// Ends it and waits for that; abruptly where what runs is not to be waited for.
  func stop(abruptly: Bool = false) {
    killing.withLock { $0 = abruptly }
    stopping.ring()
    var isOver = pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0)
    poll(&isOver, 1, 60_000)
  }

  /// The user's models with room for the load, and no keys.
  private static func configuration(_ json: JSON, _ shape: Shape) -> JSON {
    var file = json.object ?? JSONObject()
    file["keys"] = nil
    var limits = file["limits"]?.object ?? JSONObject()
    limits["max_open"] = .int(Int64(shape.open))
    file["limits"] = .object(limits)
    file["gateway"] = ["max_open": .int(Int64(4 * shape.open))]
    let inFlight = shape.inFlight ?? max(2_000, 4 * shape.open)
    file["lanes"] = ["default": ["max_concurrency": .int(Int64(inFlight))]]
    return .object(file)
  }

  /// On a thread of its own: the child ends with the thread that started it.
  private static func start(
    _ words: [String], _ environment: [String: String], _ stopping: Bell, _ ended: Bell, _ killing: Lock<Bool>
  ) {
    _ = NamedThread.start("bench-system") {
      defer { ended.ring() }
      let child: ChildProcess
      do { child = try ChildProcess(UpPlan.executableFolder + "/conclave", words, environment: environment) } catch {
        return Output.error("\(error)\n")
      }
      child.closeAnnouncements()
      let said = Lock<Set<String>>([])
      let log = LogForwarder { text in
        // what it says about itself is of interest where it goes wrong, each kind of it once
        for line in text.split(separator: "\n") {
          guard let kind = trouble(line), said.withLock({ $0.insert(kind).inserted }) else { continue }
          Output.error(line + "\n")
        }
      }
      log.add(child.output, name: "up")
      var events = [child.descriptor, stopping.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      while poll(&events, 2, -1) < 0 {}
      if events[1].revents != 0 {
        child.signal(killing.withLock { $0 } ? SIGKILL : SIGINT)
        var over = pollfd(fd: child.descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&over, 1, 50_000) <= 0 { child.signal(SIGKILL) }
        while poll(&over, 1, -1) < 0 {}
      }
      _ = child.reap()
      log.finish()
    }
  }

  /// Who says what, of a line of level warning or error: `up | judge-0 | 2026-… warning partition.waits partition=8`.
  static func trouble(_ line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard let level = words.firstIndex(where: { $0 == "warning" || $0 == "error" }), level + 1 < words.count else {
      return nil
    }
    return words.prefix(3).joined(separator: " ") + " " + words[level + 1]
  }

  private static func ready(_ data: String) async throws(CommandError) -> RunFile {
    let client = HTTPClient()
    defer { client.shutdown() }
    let end = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < end {
      if let run = RunFile.read(data: data), await isReady(run, client) { return run }
      try? await Task.sleep(for: .milliseconds(50))
    }
    throw .failed("the system was not ready within 120 s; `conclave up` says why")
  }

  private static func isReady(_ run: RunFile, _ client: HTTPClient) async -> Bool {
    guard UpPlan.services.allSatisfy({ name in run.services.contains { $0.name == name && $0.admin != nil } }) else {
      return false
    }
    for service in run.services where UpPlan.services.contains(service.name) {
      let request = HTTPRequest(
        url: "http://\(service.admin ?? "")/readyz", timeouts: HTTPRequest.Timeouts(total: .seconds(2)))
      guard (try? await client.send(request))?.status == 200 else { return false }
    }
    return true
  }
}

internal import Deliberation
internal import FoundationEssentials
internal import Glibc
internal import Models
internal import Settings
internal import Threads
internal import Web

/// A whole system of a measurement's own: `conclave up` on a free port with simulated models that answer at once, in a
/// folder that goes away with it.
final class BenchSystem: Sendable {
  let url: String
  let run: RunFile
  private let folder: String
  private let stopping: Bell
  private let ended: Bell

  /// `open`: how many deliberations are to be open at once. `kafka`: where a broker is; without, one of its own.
  init(open: Int, kafka: String? = nil, environment inherited: [String: String]) async throws(CommandError) {
    folder = try Self.newFolder()
    var environment = inherited
    let settings: Settings
    do {
      var known = inherited
      known["CONCLAVE_KAFKA"] = known["CONCLAVE_KAFKA"] ?? "127.0.0.1:1"
      settings = try Settings.load(service: "conclave", environment: known)
    } catch { throw .settings("\(error)") }
    for name in settings.providers.values.compactMap(\.keyVariable) { environment[name] = nil }
    environment["CONCLAVE_API_KEYS"] = nil
    environment["CONCLAVE_KAFKA"] = kafka
    environment["CONCLAVE_SIMULATOR_LATENCY_MS"] = "0"
    environment["CONCLAVE_LOG"] = "warning"
    let path = folder + "/conclave.json"
    do {
      try Data(Self.configuration(settings.configuration, open: open).bytes).write(to: URL(filePath: path))
    } catch { throw .failed("\(path) cannot be written: \(error)") }
    let words = ["up", "--port", "0", "--config", path, "--data", folder + "/data"]
    stopping = Bell()
    ended = Bell()
    Self.start(words, environment, stopping, ended)
    do throws(CommandError) { run = try await Self.ready(folder + "/data") } catch {
      stopping.ring()
      throw error
    }
    url = run.http
  }

  /// Ends it and waits for that.
  func stop() {
    stopping.ring()
    var isOver = pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0)
    poll(&isOver, 1, 60_000)
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// The user's models with room for the load, and no keys.
  private static func configuration(_ json: JSON, open: Int) -> JSON {
    var file = json.object ?? JSONObject()
    file["keys"] = nil
    var limits = file["limits"]?.object ?? JSONObject()
    limits["max_open"] = .int(Int64(open))
    file["limits"] = .object(limits)
    file["gateway"] = ["max_open": .int(Int64(4 * open))]
    file["lanes"] = ["default": ["max_concurrency": .int(Int64(max(2_000, 2 * open)))]]
    return .object(file)
  }

  /// On a thread of its own: the child ends with the thread that started it.
  private static func start(_ words: [String], _ environment: [String: String], _ stopping: Bell, _ ended: Bell) {
    _ = NamedThread.start("bench-system") {
      defer { ended.ring() }
      let child: ChildProcess
      do { child = try ChildProcess(UpPlan.executableFolder + "/conclave", words, environment: environment) } catch {
        return Output.error("\(error)\n")
      }
      child.closeAnnouncements()
      let log = LogForwarder { text in
        // what it says about itself is of interest where it goes wrong
        for line in text.split(separator: "\n") where line.contains("warning") || line.contains("error") {
          Output.error(line + "\n")
        }
      }
      log.add(child.output, name: "up")
      var events = [child.descriptor, stopping.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      while poll(&events, 2, -1) < 0 {}
      if events[1].revents != 0 {
        child.signal(SIGINT)
        var over = pollfd(fd: child.descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&over, 1, 50_000) <= 0 { child.signal(SIGKILL) }
        while poll(&over, 1, -1) < 0 {}
      }
      _ = child.reap()
      log.finish()
    }
  }

  private static func ready(_ data: String) async throws(CommandError) -> RunFile {
    let client = HTTPClient()
    defer { client.shutdown() }
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let run = RunFile.read(data: data), await isReady(run, client) { return run }
      try? await Task.sleep(for: .milliseconds(50))
    }
    throw .failed("the system was not ready within 60 s; `conclave up` says why")
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

  private static func newFolder() throws(CommandError) -> String {
    var path = Array((FileManager.default.temporaryDirectory.path + "/conclave-bench-XXXXXX").utf8CString)
    guard mkdtemp(&path) != nil else { throw .failed("no folder can be made for the measurement") }
    return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

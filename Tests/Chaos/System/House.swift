internal import Deliberation
internal import FoundationEssentials
internal import Glibc

/// The system under test: the simulator, `conclave up`, and what runs below it.
final class House {
  /// A service as `run.json` names it.
  struct Service: Sendable, Equatable {
    let name: String
    let instance: String
    let pid: Int32
    let admin: String
  }

  let folder: String
  let doors: Doors
  let models: Models
  private let kafka: String?
  private var simulator: Child?
  private(set) var simulatorAddress = ""
  private(set) var up: Child?
  private var copies: [Child] = []

  static let services = ["gateway", "panel-dispatcher", "judge", "aggregator", "model-caller", "ledger"]

  init(folder: String, doors: Doors, models: Models, kafka: String?) {
    self.folder = folder
    self.doors = doors
    self.models = models
    self.kafka = kafka
  }

  var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") }
    environment["CONCLAVE_SIMULATOR"] = "http://\(simulatorAddress)/v1"
    environment["CONCLAVE_CONFIG"] = "\(folder)/conclave.json"
    environment["CONCLAVE_DATA"] = "\(folder)/data"
    return environment
  }

  func startSimulator() throws(Failure) {
    try Files.makeFolder("\(folder)/data")
    try Files.write(models.json.bytes, to: "\(folder)/conclave.json")
    let log = "\(folder)/simulator.log"
    let child = try Child(
      "model-simulator", "\(Files.programs)/model-simulator", ["--port", "0"],
      environment: ProcessInfo.processInfo.environment, log: log)
    simulator = child
    let mark = "ready at http://"
    let isThere = eventually(within: .seconds(20)) {
      guard let text = Files.text(log), let range = text.firstRange(of: mark) else { return false }
      simulatorAddress = String(text[range.upperBound...].prefix { $0 != "/" && !$0.isWhitespace })
      return true
    }
    guard isThere else { throw Failure("the simulator did not start:\n\(Files.tail(log))") }
  }

  /// Starts everything and returns when every service is ready.
  func start(callers: Int = 1) throws(Failure) {
    try startSimulator()
    var arguments = ["up", "--port", "0", "--callers", String(callers)]
    if let kafka { arguments += ["--kafka", kafka] }
    up = try Child(
      "conclave up", "\(Files.programs)/conclave", arguments, environment: environment, log: "\(folder)/up.log")
    let isUp = eventually(within: .seconds(60)) {
      up?.isAlive != true || (services.count == Self.services.count + callers - 1 && areReady)
    }
    guard isUp, up?.isAlive == true else {
      throw Failure("conclave up is not ready:\n\(Files.tail("\(folder)/up.log"))")
    }
  }

  private var file: JSON? {
    Files.read("\(folder)/data/run.json").flatMap { try? JSON.parse($0) }
  }

  /// The services that run at this moment and have said where their doors are.
  var services: [Service] {
    (file?["services"]?.array ?? []).compactMap { json in
      guard let name = json["name"]?.string, Self.services.contains(name), let instance = json["instance"]?.string,
        let pid = json["pid"]?.int, let admin = json["admin"]?.string
      else { return nil }
      return Service(name: name, instance: instance, pid: Int32(truncatingIfNeeded: pid), admin: admin)
    }
  }

  func service(_ name: String) throws(Failure) -> Service {
    guard let found = services.first(where: { $0.name == name }) else { throw Failure("\(name) does not run") }
    return found
  }

  var areReady: Bool { services.allSatisfy { doors.isReady($0.admin) } }

  var http: String { file?["http"]?.string ?? "" }
  var bus: String { file?["bus"]?.string ?? "" }
  var isEmbedded: Bool { kafka == nil }

  /// A second copy of a service that runs, without a name of its own.
  func startCopy(of service: Service, number: Int) throws(Failure) -> (child: Child, admin: String) {
    var environment = Process.environment(of: service.pid)
    environment["CONCLAVE_INSTANCE"] = nil
    environment["CONCLAVE_ADMIN"] = "127.0.0.1:0"
    environment["CONCLAVE_ANNOUNCE_FD"] = "3"
    let child = try Child(
      "\(service.name) copy", "\(Files.programs)/\(service.name)", [], environment: environment,
      log: "\(folder)/\(service.name)-copy-\(number).log", announces: true)
    copies.append(child)
    var admin = ""
    let isThere = eventually(within: .seconds(20)) {
      guard let line = child.announcement(), let json = try? JSON.parse(line) else { return !child.isAlive }
      admin = json["admin"]?.string ?? ""
      return true
    }
    guard isThere, !admin.isEmpty else { throw Failure("\(child.name) did not start:\n\(Files.tail(child.log))") }
    return (child, admin)
  }

  func simulatorMetric(_ name: String) -> Int64? { doors.metrics(simulatorAddress)?.sum(name).map { Int64($0) } }

  /// Ends everything that was started, last things first. True when asking was enough everywhere.
  @discardableResult
  func end() -> Bool {
    var wasOrderly = true
    for copy in copies.reversed() where !copy.end() { wasOrderly = false }
    if let up, !up.end(within: .seconds(60)) { wasOrderly = false }
    if let simulator, !simulator.end() { wasOrderly = false }
    copies = []
    return wasOrderly
  }
}

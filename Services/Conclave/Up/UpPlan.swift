internal import Bus
internal import FoundationEssentials
internal import Glibc
internal import Models
internal import Settings
internal import Web

/// What `up` was asked for, worked out: the settings it shares with its children, and a slot for each of them.
struct UpPlan: Sendable {
  let settings: Settings
  /// What every child inherits.
  let environment: [String: String]
  /// Whether the models are the simulator's.
  let isSimulated: Bool
  let slots: [Slot]

  /// The order in which services end: no new asks, then no new calls, then those who finish what is open, then who writes
  /// it down.
  static let services = ["gateway", "panel-dispatcher", "judge", "aggregator", "model-caller", "ledger"]

  init(_ arguments: Arguments, environment inherited: [String: String]) throws(CommandError) {
    if let operand = arguments.operands.first { throw .usage("\"\(operand)\" is not known") }
    let port = try arguments.number("--port", in: 0...65_535)
    let callers = try arguments.number("--callers", in: 1...64) ?? 1
    var environment = inherited
    if let port { environment["CONCLAVE_HTTP"] = "127.0.0.1:\(port)" }
    environment["CONCLAVE_HTTP"] = environment["CONCLAVE_HTTP"] ?? "127.0.0.1:8080"
    if let kafka = arguments["--kafka"] { environment["CONCLAVE_KAFKA"] = kafka }
    if let config = arguments["--config"] { environment["CONCLAVE_CONFIG"] = Self.absolute(config) }
    environment["CONCLAVE_DATA"] = Self.absolute(arguments["--data"] ?? environment["CONCLAVE_DATA"] ?? "data")
    for name in [
      "CONCLAVE_EMBEDDED", "CONCLAVE_SHARE", "CONCLAVE_INSTANCE", "CONCLAVE_ADMIN", "CONCLAVE_ANNOUNCE_FD",
      "CONCLAVE_INCARNATION",
    ] {
      environment[name] = nil
    }
    let isEmbedded = (environment["CONCLAVE_KAFKA"] ?? "").isEmpty
    if isEmbedded { environment["CONCLAVE_EMBEDDED"] = "1" }

    let settings = try Self.settings(environment)
    let isGivenSimulator = !(environment["CONCLAVE_SIMULATOR"] ?? "").isEmpty
    let startsSimulator = !isGivenSimulator && !settings.providers.values.contains(where: \.isReachable)
    self.settings = settings
    self.environment = environment
    isSimulated = isGivenSimulator || startsSimulator

    let folder = Self.executableFolder
    let keys = settings.providers.values.compactMap(\.keyVariable)
    var slots: [Slot] = []
    if isEmbedded {
      slots.append(
        Slot(
          name: "broker", instance: "broker-0", role: .broker, endRank: 9, program: folder + "/conclave",
          arguments: [BrokerCommand.name]))
    }
    if startsSimulator {
      slots.append(
        Slot(
          name: "model-simulator", instance: "model-simulator-0", role: .simulator, endRank: 8,
          program: folder + "/model-simulator"))
    }
    for (rank, service) in Self.services.enumerated() {
      let copies = service == "model-caller" ? callers : 1
      for copy in 0..<copies {
        var own = ["CONCLAVE_SHARE": "\(copy)/\(copies)"]
        // Keys live in the callers alone; the others learn only that there is one.
        if service != "model-caller" {
          for key in keys where !(environment[key] ?? "").isEmpty { own[key] = "set" }
        }
        slots.append(
          Slot(
            name: service, instance: "\(service)-\(copy)", role: service == "ledger" ? .ledger : .service,
            endRank: rank,
            program: "\(folder)/\(service)", environment: own))
      }
    }
    self.slots = slots
  }

  /// What a process inherits, with the allocator that suits it. The gateway keeps glibc's and gives back by itself what a
  /// crowd of connections leaves behind: jemalloc keeps more of it.
  private func allocating(_ slot: Slot) -> [String: String] {
    switch (slot.role, slot.name) {
    case (.broker, _): LargePages.chosen(environment)
    case (_, "gateway"): environment
    default: FasterAllocator.chosen(environment)
    }
  }

  /// How one process is started, by what everyone has announced so far.
  func launch(_ slot: Slot, announced: [Announcement?]) -> Supervisor.Launch {
    var arguments = slot.arguments
    var environment = allocating(slot).merging(slot.environment) { _, own in own }
    environment["CONCLAVE_INSTANCE"] = slot.instance
    environment["CONCLAVE_ADMIN"] = "127.0.0.1:0"
    environment["CONCLAVE_ANNOUNCE_FD"] = "3"
    let known = zip(slots, announced)
    if let broker = known.first(where: { $0.0.role == .broker })?.1 {
      environment["CONCLAVE_KAFKA"] = broker.bootstrap ?? environment["CONCLAVE_KAFKA"]
      environment["CONCLAVE_INCARNATION"] = broker.incarnation
    }
    // Those who ask it know where it was: a second life must be found there.
    if let ledger = known.first(where: { $0.0.role == .ledger })?.1?.http { environment["CONCLAVE_LEDGER"] = ledger }
    let simulator = known.first { $0.0.role == .simulator }?.1?.http
    switch slot.role {
    case .simulator:
      // Its clients know where it was: a second life must be found there.
      arguments += ["--port", simulator.flatMap { $0.split(separator: ":").last.map(String.init) } ?? "0"]
    case .broker: break
    case .service, .ledger:
      if let simulator { environment["CONCLAVE_SIMULATOR"] = "http://\(simulator)/v1" }
    }
    return Supervisor.Launch(arguments: arguments, environment: environment)
  }

  private static func settings(_ environment: [String: String]) throws(CommandError) -> Settings {
    var environment = environment
    // Where the broker will be is not known yet; everything else can be judged now.
    if environment["CONCLAVE_EMBEDDED"] != nil { environment["CONCLAVE_KAFKA"] = "127.0.0.1:1" }
    do { return try Settings.load(service: "conclave", environment: environment) } catch { throw .settings("\(error)") }
  }

  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  /// Where this program lies, and the others beside it.
  static var executableFolder: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &path, path.count)
    guard length > 0 else { return "." }
    let text = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
  }
}

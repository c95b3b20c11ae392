internal import Deliberation
internal import FoundationEssentials
internal import Glibc

/// `run.json`: what runs, so that a person or a test can find (or kill) exactly one process, and `ask` the bus.
struct RunFile: Equatable, Sendable {
  struct Process: Equatable, Sendable {
    let name: String
    let instance: String
    let pid: Int32
    let admin: String?
    let restarts: Int
  }

  /// The process id of `up` itself: a file that outlived it tells nothing.
  var up: Int32
  var bus: String
  var kind: String
  var http: String
  /// The ledger's interface; nil until it has said where that is.
  var ledger: String?
  var services: [Process]

  init(up: Int32, bus: String, kind: String, http: String, ledger: String? = nil, services: [Process]) {
    self.up = up
    self.bus = bus
    self.kind = kind
    self.http = http
    self.ledger = ledger
    self.services = services
  }

  init?(_ json: JSON) {
    guard let up = json["up"]?.int, let bus = json["bus"]?.string, let kind = json["kind"]?.string,
      let http = json["http"]?.string, let services = json["services"]?.array
    else { return nil }
    self.init(
      up: Int32(truncatingIfNeeded: up), bus: bus, kind: kind, http: http,
      ledger: json["ledger"]?.string,
      services: services.compactMap { service in
        guard let name = service["name"]?.string, let instance = service["instance"]?.string,
          let pid = service["pid"]?.int
        else { return nil }
        return Process(
          name: name, instance: instance, pid: Int32(truncatingIfNeeded: pid), admin: service["admin"]?.string,
          restarts: Int(service["restarts"]?.int ?? 0))
      })
  }

  var json: JSON {
    var object: JSONObject = [
      "up": .int(Int64(up)), "bus": .string(bus), "kind": .string(kind), "http": .string(http),
    ]
    object.append("ledger", ifPresent: ledger.map(JSON.string))
    object.append(
      "services",
      .array(
        services.map { service in
          var object: JSONObject = [
            "name": .string(service.name), "instance": .string(service.instance), "pid": .int(Int64(service.pid)),
          ]
          object.append("admin", ifPresent: service.admin.map(JSON.string))
          object.append("restarts", .int(Int64(service.restarts)))
          return .object(object)
        }))
    return .object(object)
  }

  static func path(data: String) -> String { data + "/run.json" }

  /// What runs from that data folder; nil where nothing does.
  static func read(data: String) -> RunFile? {
    guard let bytes = FileManager.default.contents(atPath: path(data: data)),
      let file = (try? JSON.parse(Array(bytes))).flatMap(RunFile.init), kill(file.up, 0) == 0 || errno == EPERM
    else { return nil }
    return file
  }

  /// Whoever reads at that moment finds the old file or the new one, never half of one.
  func write(data: String) throws {
    try Data(json.bytes + [UInt8(ascii: "\n")]).write(
      to: URL(filePath: Self.path(data: data)), options: .atomic)
  }
}

extension RunFile {
  /// The processes of a roster that live at this moment.
  static func processes(_ roster: Roster) -> [Process] {
    roster.slots.indices.compactMap { index in
      guard let running = roster.phases[index].running else { return nil }
      let slot = roster.slots[index]
      return Process(
        name: slot.name, instance: slot.instance, pid: running.pid, admin: running.announcement?.admin,
        restarts: roster.starts[index] - 1)
    }
  }
}

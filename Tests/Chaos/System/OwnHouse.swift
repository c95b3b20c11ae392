internal import Deliberation

/// The services without `conclave up`: for runs whose embedded broker lives in the harness itself, because only its owner
/// can spoil its answers. Nothing is restarted here.
final class OwnHouse {
  private(set) var services: [House.Service] = []
  private(set) var http = ""
  private var children: [Child] = []
  private let house: House

  init(_ house: House) { self.house = house }

  /// `properties` are settings of the bus, for every service: `CONCLAVE_KAFKA_…`.
  func start(bootstrap: String, properties: [String: String]) throws(Failure) {
    try house.startSimulator()
    for name in House.services {
      var environment = house.environment.merging(properties) { _, new in new }
      environment["CONCLAVE_KAFKA"] = bootstrap
      environment["CONCLAVE_EMBEDDED"] = "1"
      environment["CONCLAVE_SHARE"] = "0/1"
      environment["CONCLAVE_INSTANCE"] = "\(name)-0"
      environment["CONCLAVE_ADMIN"] = "127.0.0.1:0"
      environment["CONCLAVE_HTTP"] = "127.0.0.1:0"
      environment["CONCLAVE_ANNOUNCE_FD"] = "3"
      let child = try Child(
        name, "\(Files.programs)/\(name)", [], environment: environment, log: "\(house.folder)/\(name).log",
        announces: true)
      children.append(child)
      let isThere = eventually(within: .seconds(20)) {
        guard let line = child.announcement(), let json = try? JSON.parse(line) else { return !child.isAlive }
        guard let admin = json["admin"]?.string else { return true }
        if name == "gateway" { http = "http://" + (json["http"]?.string ?? "") }
        services.append(House.Service(name: name, instance: "\(name)-0", pid: child.pid, admin: admin))
        return true
      }
      guard isThere, child.isAlive else { throw Failure("\(name) did not start:\n\(Files.tail(child.log))") }
    }
    let areReady = eventually(within: .seconds(30)) { services.allSatisfy { house.doors.isReady($0.admin) } }
    guard areReady, services.count == House.services.count else { throw Failure("not every service is ready") }
  }

  var areAlive: Bool { children.allSatisfy(\.isAlive) }

  func end() { for child in children { child.end() } }
}

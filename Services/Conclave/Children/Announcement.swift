internal import Deliberation

/// What a child says on its announcement descriptor once its doors are open: one line of JSON.
struct Announcement: Equatable, Sendable {
  /// Where `/readyz` is answered.
  var admin: String?
  /// A gateway's or the simulator's door.
  var http: String?
  /// Where the embedded broker takes connections.
  var bootstrap: String?

  init(admin: String? = nil, http: String? = nil, bootstrap: String? = nil) {
    self.admin = admin
    self.http = http
    self.bootstrap = bootstrap
  }

  /// nil where the line is no announcement.
  init?(line: [UInt8]) {
    guard let json = try? JSON.parse(line), json.object != nil else { return nil }
    self.init(admin: json["admin"]?.string, http: json["http"]?.string, bootstrap: json["bootstrap"]?.string)
  }
}

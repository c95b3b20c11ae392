internal import Deliberation

/// What a child says on its announcement descriptor once its doors are open: one line of JSON.
struct Announcement: Equatable, Sendable {
  /// Where `/readyz` is answered.
  var admin: String?
  /// A gateway's, the ledger's or the simulator's door.
  var http: String?
  /// Where the embedded broker takes connections.
  var bootstrap: String?
  /// Which life of the embedded broker that is.
  var incarnation: String?

  init(admin: String? = nil, http: String? = nil, bootstrap: String? = nil, incarnation: String? = nil) {
    self.admin = admin
    self.http = http
    self.bootstrap = bootstrap
    self.incarnation = incarnation
  }

  /// nil where the line is no announcement.
  init?(line: [UInt8]) {
    guard let json = try? JSON.parse(line), json.object != nil else { return nil }
    self.init(
      admin: json["admin"]?.string, http: json["http"]?.string, bootstrap: json["bootstrap"]?.string,
      incarnation: json["incarnation"]?.string)
  }
}

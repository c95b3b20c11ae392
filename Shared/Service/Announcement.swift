internal import Glibc
package import Web

/// A service with a door of its own beside the admin port: the gateway, the simulator.
package protocol HasDoor {
  /// Where it listens, with the port that it really has.
  var door: SocketAddress { get }
}

/// What a process tells whoever started it once its doors are open: one line of JSON, `{"admin": "host:port", "http":
/// "host:port"}`, on the descriptor that `CONCLAVE_ANNOUNCE_FD` names. Where nobody asked, nothing is said.
package enum Announcement {
  package static func write(admin: SocketAddress?, door: SocketAddress?, environment: [String: String]) {
    guard let descriptor = environment["CONCLAVE_ANNOUNCE_FD"].flatMap(Int32.init), descriptor > 2 else { return }
    // An address is digits, letters, dots, colons and brackets: nothing that JSON would escape.
    let members = [("admin", admin), ("http", door)].compactMap { name, address in
      address.map { "\"\(name)\":\"\($0)\"" }
    }
    let line = Array("{\(members.joined(separator: ","))}\n".utf8)
    // One that is not heard is not lost: whoever started this process waits for it and sees it end.
    _ = Glibc.write(descriptor, line, line.count)
    close(descriptor)
  }
}

internal import Glibc
internal import Web

/// The HTTP address that `up` promises: looked at before anything is started.
enum Door {
  static func mustBeFree(_ address: SocketAddress) throws(CommandError) {
    guard address.port != 0 else { return }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address.host, String(address.port), &hints, &found) == 0, let found else {
      throw .failed("\(address) is no address of this machine; CONCLAVE_HTTP wants host:port")
    }
    defer { freeaddrinfo(found) }
    let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype, 0)
    guard descriptor >= 0 else { throw .failed("no socket can be made: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
      let why = errno
      if why == EADDRINUSE {
        throw .failed(
          "port \(address.port) is in use; end what listens there, or choose another: --port \(address.port + 1)")
      }
      throw .failed("\(address) cannot be listened on: \(String(cString: strerror(why))); choose another: --port 8080")
    }
  }
}

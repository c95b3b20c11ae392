internal import Glibc

/// A socket that takes connections, bound before the server starts, so that a wrong address is told from a wrong server.
struct ListeningSocket {
  let descriptor: Int32
  let port: Int

  init(_ address: SocketAddress) throws(HTTPServerError) {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address.host, String(address.port), &hints, &found) == 0, let first = found else {
      throw .unknownHost(address)
    }
    defer { freeaddrinfo(found) }
    var why = ""
    var candidate: UnsafeMutablePointer<addrinfo>? = first
    while let info = candidate {
      if let made = Self.listen(info.pointee, &why) {
        descriptor = made
        port = Self.port(of: made)
        return
      }
      candidate = info.pointee.ai_next
    }
    throw .cannotListen(address, why)
  }

  private static func listen(_ info: addrinfo, _ why: inout String) -> Int32? {
    let flags = info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(info.ai_family, flags, info.ai_protocol)
    guard descriptor >= 0 else {
      why = String(cString: strerror(errno))
      return nil
    }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, Glibc.listen(descriptor, 4_096) == 0 else {
      why = String(cString: strerror(errno))
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private static func port(of descriptor: Int32) -> Int {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard getsockname(descriptor, address, &length) == 0 else { return 0 }
        return NumericAddress.port(address)
      }
    }
  }
}

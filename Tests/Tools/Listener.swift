import Glibc
import Threads

/// Listens on every address of this machine, of both families, and counts who comes: nobody may.
final class Listener: Sendable {
  let port: Int
  private let socket: Int32
  private let count = Lock(0)
  private let thread: NamedThread.Handle

  init?() {
    let listener = Glibc.socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var no: Int32 = 0
    setsockopt(listener, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { return nil }
    socket = listener
    port = Int(UInt16(bigEndian: address.sin6_port))
    thread = NamedThread.start("listener") { [count] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        count.withLock { $0 += 1 }
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\nsecret"
        _ = answer.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        close(connection)
      }
    }
  }

  var connections: Int { count.withLock { $0 } }

  func stop() {
    shutdown(socket, Int32(SHUT_RDWR))
    thread.join()
    close(socket)
  }
}

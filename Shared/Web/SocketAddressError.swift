/// A text that is no address to listen at.
package enum SocketAddressError: Error, Equatable, CustomStringConvertible {
  case noPort(String)
  case wrongPort(String)
  case wrongHost(String)

  package var description: String {
    switch self {
    case .noPort(let text): "\"\(text)\" has no port; write host:port, such as 127.0.0.1:8080"
    case .wrongPort(let text): "\"\(text)\" has no port from 0 to 65535; write host:port, such as 127.0.0.1:8080"
    case .wrongHost(let text): "\"\(text)\" has no usable host; write host:port or [ipv6]:port"
    }
  }
}

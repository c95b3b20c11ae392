/// Why a server could not be started.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
  case unknownHost(SocketAddress)
  case cannotListen(SocketAddress, String)
  case cannotStart(String)

  package var description: String {
    switch self {
    case .unknownHost(let address): "\(address) has a host that this machine does not know; write an IP address"
    case .cannotListen(let address, let why): "cannot listen at \(address): \(why); free the port or choose another"
    case .cannotStart(let why): "the HTTP server could not be started: \(why)"
    }
  }
}

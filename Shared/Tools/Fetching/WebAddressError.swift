/// Why an address is not asked for a page.
package enum WebAddressError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(String)
  case scheme(String)
  case userInfo
  case port(Int)
  /// The host is inside, by its name or as an address.
  case inside(String)

  package var description: String {
    switch self {
    case .unreadable(let why): "the address cannot be read: \(why)"
    case .scheme(let scheme): "only http and https can be fetched, not \(scheme)"
    case .userInfo: "the address holds a user name; leave it out"
    case .port(let port): "port \(port) is not allowed"
    case .inside(let host): "\(host) is not on the public internet"
    }
  }
}

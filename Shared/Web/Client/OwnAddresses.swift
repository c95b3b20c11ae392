internal import Glibc

/// The addresses of this machine's interfaces. A public one of them leads inside as much as loopback does: whoever
/// listens on all addresses is reached by it, and no firewall stands between.
enum OwnAddresses {
  /// Asked anew each time, as interfaces come and go.
  static func hold(_ address: PeerAddress) -> Bool {
    let own = all()
    return own.contains(address) || (address.mapped.map(own.contains) ?? false)
  }

  static func all() -> Set<PeerAddress> {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var addresses: Set<PeerAddress> = []
    var entry = list
    while let current = entry {
      if let address = current.pointee.ifa_addr, let known = PeerAddress(address) { addresses.insert(known) }
      entry = current.pointee.ifa_next
    }
    return addresses
  }
}

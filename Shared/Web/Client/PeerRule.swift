/// Where a client may connect to. It is asked for every connection, with the address that the socket would be connected
/// to: after the name has been looked up, so that no name can be one thing when it is checked and another when it is used.
package struct PeerRule: Sendable {
  let admits: @Sendable (PeerAddress) -> Bool
  /// Stands in for the system's look-up of names; nil: the system's.
  let lookup: (@Sendable (_ host: String) -> [PeerAddress])?

  /// Nothing inside: for addresses that come from outside.
  package static let publicOnly = PeerRule { $0.isPublic && !OwnAddresses.hold($0) }

  package init(
    lookup: (@Sendable (_ host: String) -> [PeerAddress])? = nil, admits: @escaping @Sendable (PeerAddress) -> Bool
  ) {
    self.admits = admits
    self.lookup = lookup
  }
}

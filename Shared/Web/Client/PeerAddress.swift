internal import Glibc

/// The address that a connection would go to, as the socket itself is given it.
package struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
  /// 4 or 16, in the order of the network.
  package let bytes: [UInt8]

  package init(v4 bytes: (UInt8, UInt8, UInt8, UInt8)) { self.bytes = [bytes.0, bytes.1, bytes.2, bytes.3] }

  package init(v4 number: UInt32) { bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

  /// Four numbers with dots, or an IPv6 address without brackets. No other way of writing one.
  package init?(_ text: String) {
    var v4 = in_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      bytes = withUnsafeBytes(of: &v4) { Array($0) }
      return
    }
    var v6 = in6_addr()
    guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
    bytes = withUnsafeBytes(of: &v6) { Array($0) }
  }

  init?(_ address: UnsafePointer<sockaddr>) {
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
        withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }
      }
    case AF_INET6:
      bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
        withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
      }
    default: return nil
    }
  }

  package var isV6: Bool { bytes.count == 16 }

  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = bytes.withUnsafeBytes { inet_ntop(isV6 ? AF_INET6 : AF_INET, $0.baseAddress, &text, socklen_t(text.count)) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether it is somebody's out on the internet: no address of this machine, of its networks or of whoever hosts it,
  /// none that is set aside for another purpose, and no way of writing such a one as IPv6.
  package var isPublic: Bool { isV6 ? isPublicV6 : Self.isPublicV4(bytes[...]) }

  /// Blocks of IPv4 that are nobody's out there (IANA's special-purpose registry, and multicast).
  private static let inside: [(UInt32, UInt32)] = [
    (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
    (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16), (0xC612_0000, 15), (0xC633_6400, 24),
    (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    // Azure answers its guests' questions about themselves at an address that looks public
    (0xA83F_8110, 32),
  ]

  private static func isPublicV4(_ bytes: ArraySlice<UInt8>) -> Bool {
    let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return !inside.contains { block, length in number >> (32 - length) == block >> (32 - length) }
  }

  /// The address of IPv4 that this one of IPv6 is another way of writing.
  var mapped: PeerAddress? {
    guard bytes.count == 16, bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) else { return nil }
    return PeerAddress(v4: (bytes[12], bytes[13], bytes[14], bytes[15]))
  }

  private var isPublicV6: Bool {
    // mapped (::ffff:a.b.c.d) and translated (64:ff9b::a.b.c.d) addresses are those of IPv4 that they hold
    if let mapped { return mapped.isPublic }
    if bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) { return Self.isPublicV4(bytes[12...]) }
    // all that is given out lies in 2000::/3; the rest is loopback, local, multicast and old forms
    guard bytes[0] >> 5 == 1 else { return false }
    // 2001::/23 (Teredo and others), 2001:db8::/32 and 3fff::/20 (examples), 2002::/16 (6to4: holds any IPv4 address)
    if bytes[0] == 0x20, bytes[1] == 0x01, bytes[2] < 2 { return false }
    if bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8]) || bytes.starts(with: [0x20, 0x02]) { return false }
    if bytes.starts(with: [0x3F, 0xFF]), bytes[2] < 0x10 { return false }
    // an interface id that holds an address of IPv4 (ISATAP) leads there
    if bytes[8...].starts(with: [0, 0, 0x5E, 0xFE]) || bytes[8...].starts(with: [2, 0, 0x5E, 0xFE]) {
      return Self.isPublicV4(bytes[12...])
    }
    return true
  }
}

internal import Web

/// Reads the host of an address: a name, or an address in any of the ways in which it can be written.
enum HostName {
  /// Names that never lead out: this machine's, and those of networks of one's own (RFC 6761, 6762, 8375 and habit).
  private static let inside: Set = [
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "test",
    "invalid", "onion",
  ]

  static func read(_ text: Substring) throws(WebAddressError) -> String {
    if text.hasPrefix("[") {
      let inner = String(text.dropFirst().dropLast())
      guard inner.contains(":"), let address = PeerAddress(inner) else {
        throw .unreadable("\(text.prefix(60)) is no address of IPv6")
      }
      guard address.isPublic else { throw .inside("[\(address)]") }
      return address.description
    }
    var name = text.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard !name.isEmpty, name.utf8.count <= 253, labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 63 }),
      name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46 || $0 == 95 })
    else { throw .unreadable("\(text.prefix(60)) is no name of a host") }
    if let last = labels.last, isNumber(last) {
      guard let address = address(labels) else { throw .unreadable("\(name) is no address of IPv4") }
      guard address.isPublic else { throw .inside(address.description) }
      return address.description
    }
    guard labels.count > 1, let last = labels.last, !inside.contains(String(last)) else { throw .inside(name) }
    return name
  }

  private static func isNumber(_ label: Substring) -> Bool {
    if label.utf8.allSatisfy({ (48...57).contains($0) }) { return true }
    return label.hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit)
  }

  /// One to four numbers, decimal, octal or hexadecimal, the last of which fills what is left: as the resolvers of all
  /// systems read them.
  private static func address(_ labels: [Substring]) -> PeerAddress? {
    guard labels.count <= 4 else { return nil }
    var numbers: [UInt64] = []
    for label in labels {
      let number: UInt64?
      if label.hasPrefix("0x") {
        number = label.count == 2 ? 0 : UInt64(label.dropFirst(2), radix: 16)
      } else if label.hasPrefix("0"), label.count > 1 {
        number = UInt64(label.dropFirst(), radix: 8)
      } else {
        number = UInt64(label)
      }
      guard let number else { return nil }
      numbers.append(number)
    }
    guard let last = numbers.popLast(), numbers.allSatisfy({ $0 <= 255 }) else { return nil }
    let left = 4 - numbers.count
    guard last < UInt64(1) << (8 * UInt64(left)) else { return nil }
    var value = UInt64(0)
    for number in numbers { value = value << 8 | number }
    value = value << (8 * UInt64(left)) | last
    return PeerAddress(v4: UInt32(truncatingIfNeeded: value))
  }
}

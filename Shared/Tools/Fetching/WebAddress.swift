/// An address of a page, taken apart and put together anew, so that what was checked is what is asked for. Only http and
/// https, no user name, no other port than those allowed, and no host that is inside by its very name; where a name
/// leads is checked when the connection is made.
package struct WebAddress: Sendable, Equatable, CustomStringConvertible {
  package let scheme: String
  /// In lower case; an address of IPv4 as four numbers with dots, one of IPv6 in its shortest form without brackets.
  package let host: String
  package let port: Int?
  /// Begins with a slash; with the query.
  package let path: String

  static let byteLimit = 2_000

  /// Reads what a model or a page wrote. The rule that a host breaks is named.
  package init(_ text: String, ports: Set<Int> = [80, 443]) throws(WebAddressError) {
    let text = text.trimmingSpaces()
    guard text.utf8.count <= Self.byteLimit else { throw .unreadable("it has more than \(Self.byteLimit) bytes") }
    guard let colon = text.firstIndex(of: ":") else { throw .unreadable("it has no scheme; begin it with https://") }
    let scheme = text[..<colon].lowercased()
    guard scheme == "http" || scheme == "https" else { throw .scheme(String(scheme.prefix(40))) }
    let rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { throw .unreadable("it has no host; write \(scheme)://host/…") }
    let afterSlashes = rest.dropFirst(2)
    let authority = afterSlashes.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    // whoever reads \ as / or stops at a space would see another host
    guard authority.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      throw .unreadable("its host has characters that do not belong there; write it in ASCII (xn--…)")
    }
    guard !authority.contains("@") else { throw .userInfo }
    let (name, digits) = try Self.split(authority)
    var port: Int?
    if let digits, !digits.isEmpty {
      guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits) else {
        throw .unreadable("its port is no number")
      }
      port = number
    }
    let actual = port ?? (scheme == "https" ? 443 : 80)
    guard ports.contains(actual) else { throw .port(actual) }
    self.scheme = scheme
    self.port = actual == (scheme == "https" ? 443 : 80) ? nil : actual
    host = try HostName.read(name)
    path = Self.path(afterSlashes[authority.endIndex...])
  }

  private init(_ base: WebAddress, path: String) {
    scheme = base.scheme
    host = base.host
    port = base.port
    self.path = path
  }

  private static func split(_ authority: Substring) throws(WebAddressError) -> (Substring, Substring?) {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { throw .unreadable("its bracket does not end") }
      let after = authority[authority.index(after: end)...]
      guard after.isEmpty || after.hasPrefix(":") else { throw .unreadable("something follows its bracket") }
      return (authority[...end], after.isEmpty ? nil : after.dropFirst())
    }
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.first else { throw .unreadable("its host has two colons") }
    return (name, parts.count == 2 ? parts[1] : nil)
  }

  /// What is no plain character of an address is written as its bytes; a fragment is never sent.
  private static func path(_ text: Substring) -> String {
    var path: [UInt8] = []
    let text = text.prefix { $0 != "#" }
    if !text.hasPrefix("/") { path.append(UInt8(ascii: "/")) }
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      let isPlain = (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
      path += isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: path, as: UTF8.self)
  }

  package var description: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(scheme)://\(name)\(port.map { ":\($0)" } ?? "")\(path)"
  }

  /// Where a link or a redirect on this page leads.
  package func following(_ reference: String, ports: Set<Int> = [80, 443]) throws(WebAddressError) -> WebAddress {
    let reference = reference.trimmingSpaces()
    if reference.isEmpty || reference.hasPrefix("#") { return self }
    let head = reference.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if head.contains(":") { return try WebAddress(reference, ports: ports) }
    if reference.hasPrefix("//") { return try WebAddress("\(scheme):\(reference)", ports: ports) }
    // some readers take \\host for //host
    guard !reference.hasPrefix("\\"), !reference.hasPrefix("/\\") else { throw .unreadable("it begins with \\") }
    guard reference.utf8.count <= Self.byteLimit else { throw .unreadable("it has more than \(Self.byteLimit) bytes") }
    if reference.hasPrefix("/") { return WebAddress(self, path: Self.path(reference[...])) }
    let plain = path.prefix { $0 != "?" }
    if reference.hasPrefix("?") { return WebAddress(self, path: Self.path("\(plain)\(reference)")) }
    let folder = plain.lastIndex(of: "/").map { plain[...$0] } ?? "/"
    return WebAddress(self, path: Self.path(Self.straight("\(folder)\(reference)")[...]))
  }

  /// Without `.` and `..`.
  private static func straight(_ path: String) -> String {
    let end = path.firstIndex { $0 == "?" || $0 == "#" } ?? path.endIndex
    var parts: [Substring] = []
    let steps = path[..<end].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (index, step) in steps.enumerated() {
      let isLast = index == steps.count - 1
      switch step {
      case ".": if isLast { parts.append("") }
      case "..":
        if !parts.isEmpty { parts.removeLast() }
        if isLast { parts.append("") }
      default: parts.append(step)
      }
    }
    return "/" + parts.joined(separator: "/") + path[end...]
  }
}

extension String {
  fileprivate func trimmingSpaces() -> String {
    let isSpace = { (character: Character) in character.isASCII && (character.isWhitespace || character.isNewline) }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}

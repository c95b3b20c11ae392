/// Where something listens: `127.0.0.1:8080`, `localhost:8080`, `[::1]:80`, or `:8080` and `:0` for the loopback address.
package struct SocketAddress: Sendable, Equatable, CustomStringConvertible {
  package let host: String
  package let port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// A missing host is the loopback address: what should be reached from elsewhere says so.
  package init(_ text: String) throws(SocketAddressError) {
    guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") else { throw .noPort(text) }
    let digits = text[text.index(after: colon)...]
    guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(digits), port <= 65_535 else {
      throw .wrongPort(text)
    }
    let host = String(text[..<colon])
    guard !host.contains(where: \.isWhitespace), !host.contains("/") else { throw .wrongHost(text) }
    if host.hasPrefix("[") || host.hasSuffix("]") {
      guard host.hasPrefix("["), host.hasSuffix("]"), host.count > 2 else { throw .wrongHost(text) }
      self.init(host: String(host.dropFirst().dropLast()), port: port)
    } else {
      guard !host.contains(":") else { throw .wrongHost(text) }
      self.init(host: host.isEmpty ? "127.0.0.1" : host, port: port)
    }
  }

  /// The same text again, with brackets where the host is an IPv6 address.
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether only this machine can get there.
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

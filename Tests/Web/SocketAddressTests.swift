import Testing
import Web

@Suite("An address") struct SocketAddressTests {
  @Test(
    "is read and written the same",
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("0.0.0.0:80", "0.0.0.0", 80, false),
      ("localhost:0", "localhost", 0, true), ("[::1]:80", "::1", 80, true), ("[::]:80", "::", 80, false),
      ("example.com:65535", "example.com", 65_535, false), ("127.example.com:1", "127.example.com", 1, false),
      ("127.a.b.c:1", "127.a.b.c", 1, false),
    ]) func reading(text: String, host: String, port: Int, isLoopback: Bool) throws
  {
    let address = try SocketAddress(text)
    #expect(address == SocketAddress(host: host, port: port))
    #expect(address.description == text)
    #expect(address.isLoopback == isLoopback)
  }

  @Test("without a host is the loopback address") func noHost() throws {
    #expect(try SocketAddress(":8080") == SocketAddress(host: "127.0.0.1", port: 8080))
  }

  @Test(
    "is refused where it is none", arguments: ["", "8080", "host", "host:", "host:x", "host:65536", "host:-1", "[::1]"])
  func noPort(text: String) {
    #expect(throws: SocketAddressError.self) { try SocketAddress(text) }
  }

  @Test("is refused where its host is none", arguments: ["a b:1", "::1:80", "[::1:80", "http://h:80", "[]:1"])
  func wrongHost(text: String) {
    #expect(throws: SocketAddressError.wrongHost(text)) { try SocketAddress(text) }
  }
}

import Deliberation
import Models
import Telemetry
import Testing
import Threads

@testable import Tools
@testable import Web

/// Ways to make a fetch reach inside. Each is refused, and nobody inside ever sees a connection.
@Suite("No address inside", .serialized) struct InsideTests {
  /// `PORT` is where the listener waits, on every address of this machine.
  static let addresses = [
    // this machine, in every way of writing it
    "http://127.0.0.1:PORT/", "http://127.1:PORT/", "http://127.0.1:PORT/", "http://2130706433:PORT/",
    "http://0x7f000001:PORT/", "http://0X7F000001:PORT/", "http://0x7f.0.0.1:PORT/", "http://0x7f.1:PORT/",
    "http://0177.0.0.1:PORT/", "http://0177.1:PORT/", "http://017700000001:PORT/", "http://127.0.0.1.:PORT/",
    "http://127.255.255.254:PORT/", "http://0:PORT/", "http://0.0.0.0:PORT/", "http://00000177.0.0.01:PORT/",
    "http://[::1]:PORT/", "http://[::]:PORT/", "http://[0:0:0:0:0:0:0:1]:PORT/", "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/", "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/", "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::7f00:1]:PORT/", "http://[2002:7f00:1::]:PORT/", "http://[2001:0:7f00:1::]:PORT/",
    "http://[2600::5efe:127.0.0.1]:PORT/",
    // networks of one's own, links, everybody
    "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://3232235777/",
    "http://0xc0.0xa8.1.1/", "http://100.64.0.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/", "http://192.0.0.8/", "http://192.0.2.1/", "http://[fe80::1]/", "http://[fe80::1%25lo]/",
    "http://[fc00::1]/", "http://[fd12:3456::1]/", "http://[ff02::1]/", "http://[fec0::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[2001:db8::1]/",
    // what clouds tell their guests
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/", "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/", "http://192.0.0.192/", "http://metadata.google.internal/computeMetadata/v1/",
    // names of the inside
    "http://localhost:PORT/", "http://LOCALHOST:PORT/", "http://localhost.:PORT/", "http://a.localhost:PORT/",
    "http://localhost.localdomain:PORT/", "http://router:PORT/", "http://printer.local/", "http://nas.lan/",
    "http://wiki.corp/", "http://1.0.0.127.in-addr.arpa/",
    // who is the host?
    "http://user:word@127.0.0.1:PORT/", "http://example.com@127.0.0.1:PORT/", "http://example.com%40127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@example.com/", "http://example.com\\@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\.example.com/",
    "http://127.0.0.1:PORT?@example.com/", "http://[::1]@example.com:PORT/", "http://example.com:80@127.0.0.1:PORT/",
    "http://１２７.０.０.１:PORT/", "http://①②⑦.⓪.⓪.①:PORT/", "http://127。0。0。1:PORT/", "http://%31%32%37.0.0.1:PORT/",
    "http://127.0.0.1\t:PORT/", "http://127.0.0.1 :PORT/", "http://\u{200b}127.0.0.1:PORT/",
    "http://127.0.0.1:PORT:80/",
    "http://127.0.0.1%00.example.com:PORT/", "http://[::1:PORT/", "http://[::1].example.com:PORT/",
    "http://127.0.0.1:PORT/\r\nHost: example.com", "http://ⓛocalhost:PORT/", "http://256.256.256.256/",
    "http://127.0.0.1.1:PORT/", "http://4294967297/", "http://0x:PORT/",
    // other doors
    "file:///etc/passwd", "gopher://127.0.0.1:PORT/_x", "ftp://127.0.0.1:PORT/x", "dict://127.0.0.1:PORT/x",
    "ldap://127.0.0.1:PORT/x", "data:text/html,x", "javascript:alert(1)", "unix:/run/docker.sock",
    "ws://127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/", "http:/127.0.0.1:PORT/", "http:///127.0.0.1:PORT/", "//127.0.0.1:PORT/", "127.0.0.1:PORT",
    "http://example.com:22/", "http://example.com:25/", "http://example.com:6379/", "http://example.com:0/",
    "http://example.com:65536/", "http://example.com:99999999999999999999/", "https://example.com:9092/", "http://",
    "http://:PORT/", "local:notes.md", "",
  ]

  /// Names that look like anybody's and lead inside.
  static let names: [String: [String]] = [
    "loopback.example.com": ["127.0.0.1"], "six.example.com": ["::1"], "mapped.example.com": ["::ffff:127.0.0.1"],
    "zero.example.com": ["0.0.0.0"], "own.example.com": ["10.0.0.1"], "link.example.com": ["169.254.169.254"],
    "local.example.com": ["fd00::1"], "both.example.com": ["192.168.0.1", "127.0.0.1"],
    "127.0.0.1.nip.example.com": ["127.0.0.1"], "old.example.com": ["::127.0.0.1"],
    "translated.example.com": ["64:ff9b::7f00:1"],
  ]

  private func fetch(_ url: String, _ tool: WebFetch, _ grant: JSON = [:]) async -> ToolResult {
    await tool.run(["url": .string(url)], ToolGrant(.webFetch, grant), within: .seconds(10))
  }

  private func settings(_ ports: Int...) -> ToolSettings.Fetch {
    var settings = ToolSettings.Fetch()
    settings.ports.formUnion(ports)
    return settings
  }

  @Test("is reached by an address, however it is written") func table() async throws {
    #expect(Self.addresses.count >= 40)
    let listener = try #require(Listener())
    defer { listener.stop() }
    let tool = WebFetch(settings(listener.port))
    for address in Self.addresses {
      let url = address.replacing("PORT", with: "\(listener.port)")
      let result = await fetch(url, tool)
      #expect(result.outcome == .refused, "\(url): \(result.outcome) \(result.error ?? "")")
      #expect(!result.content.text.contains("secret"))
    }
    #expect(listener.connections == 0)
  }

  @Test("is reached by a name that leads there: the rule is that of every fetch, the look-up is the test's")
  func leading() async throws {
    let listener = try #require(Listener())
    defer { listener.stop() }
    let names = Self.names
    let tool = WebFetch(
      settings(listener.port),
      peers: PeerRule(lookup: { (names[$0] ?? []).compactMap(PeerAddress.init) }, admits: { $0.isPublic }))
    for name in names.keys.sorted() {
      let result = await fetch("http://\(name):\(listener.port)/", tool)
      #expect(result.outcome == .refused, "\(name): \(result.outcome) \(result.error ?? "")")
    }
    #expect(listener.connections == 0)
    // so that the refusals above say something: the same listener answers where the rule lets in
    let open = WebFetch(
      settings(listener.port),
      peers: PeerRule(lookup: { _ in [PeerAddress(v4: (127, 0, 0, 1))] }, admits: { _ in true }))
    #expect(await fetch("http://loopback.example.com:\(listener.port)/", open).outcome == .ok)
    #expect(listener.connections == 1)
  }

  /// Stands for the internet; every other address is judged as always.
  private static let outside = PeerAddress(v4: (127, 0, 0, 1))

  @Test("is reached by a name that changes its mind") func rebinding() async throws {
    let listener = try #require(Listener())
    defer { listener.stop() }
    let site = try #require(
      Site { path in
        path == "/" ? .redirect("http://twofaced.example.com:\(listener.port)/inside") : .page("text/plain", "fine")
      })
    defer { site.stop() }
    // once out there, then inside; every address but the first is this machine's too
    let names = try #require(DNSStub(["127.0.0.1", "127.0.0.2"]))
    defer { names.stop() }
    let tool = WebFetch(
      settings(site.port, listener.port),
      peers: PeerRule(lookup: names.lookup, admits: { $0 == Self.outside || $0.isPublic }))
    let result = await fetch("http://twofaced.example.com:\(site.port)/", tool)
    #expect(result.outcome == .refused, "\(result.error ?? "")")
    #expect(result.error?.contains("127.0.0.2") == true)
    #expect(site.paths == ["/"])
    #expect(names.questions == 2)
    #expect(listener.connections == 0)
  }

  @Test(
    "is reached by a redirect",
    arguments: [
      "http://127.0.0.1:PORT/", "//127.0.0.1:PORT/", "http://localhost:PORT/", "http://[::1]:PORT/",
      "file:///etc/passwd",
      "http://user@example.com/", "http://2130706433:PORT/", "gopher://example.com/", "http://example.com:6379/",
      "http://169.254.169.254/latest/meta-data/", "http://inside.example.com:PORT/", "\\\\127.0.0.1:PORT/",
      "/\\127.0.0.1:PORT/", "http:127.0.0.1:PORT/",
    ]) func redirect(_ target: String) async throws
  {
    let listener = try #require(Listener())
    defer { listener.stop() }
    let site = try #require(Site { _ in .redirect(target.replacing("PORT", with: "\(listener.port)")) })
    defer { site.stop() }
    let tool = WebFetch(
      settings(site.port, listener.port),
      peers: PeerRule(
        lookup: { $0 == "inside.example.com" ? [PeerAddress(v4: (127, 0, 0, 2))] : [Self.outside] },
        admits: { $0 == Self.outside || $0.isPublic }))
    let result = await fetch("http://example.com:\(site.port)/", tool)
    #expect(result.outcome == .refused, "\(target): \(result.outcome) \(result.error ?? "")")
    #expect(site.paths == ["/"])
    #expect(listener.connections == 0)
  }

  /// A machine's public address is its own all the same.
  @Test("knows this machine's addresses, however they are written") func own() throws {
    let own = OwnAddresses.all()
    #expect(own.contains(PeerAddress(v4: (127, 0, 0, 1))))
    #expect(OwnAddresses.hold(try #require(PeerAddress("::ffff:127.0.0.1"))))
    #expect(!OwnAddresses.hold(PeerAddress(v4: (192, 0, 2, 77))))
    for address in own { #expect(!PeerRule.publicOnly.admits(address), "\(address)") }
  }

  @Test("knows the blocks of addresses by their edges") func blocks() throws {
    let outside = [
      "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
      "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
      "198.17.255.255", "198.20.0.0", "223.255.255.255", "2600::1", "2a00:1450:4001::1", "::ffff:8.8.8.8",
      "64:ff9b::808:808",
    ]
    for text in outside { #expect(try #require(PeerAddress(text)).isPublic, "\(text)") }
    let inside = [
      "10.255.255.255", "100.127.255.255", "127.255.255.255", "169.254.0.0", "172.31.255.255", "192.168.255.255",
      "198.19.255.255", "239.255.255.255", "::", "::2", "1fff::1", "4000::1", "2001:1ff::1", "3fff:fff::1", "febf::1",
    ]
    for text in inside { #expect(!(try #require(PeerAddress(text)).isPublic), "\(text)") }
  }
}

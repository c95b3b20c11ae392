import Deliberation
import Models
import Telemetry
import Testing
import Web

@testable import Tools

@Suite("Fetching a page") struct FetchTests {
  private static let page = """
    <!doctype html><html><head><title> Tides &amp; moons </title><style>p { color: red }</style>
    <script>alert("no")</script></head><body><nav><a href="/start#top">Start</a></nav>
    <h1>Why  tides</h1><p>The moon <b>pulls</b>
    at the sea.<p>Twice a day.<ul><li>spring<li>neap</ul><pre>a   b
      c</pre><table><tr><td>high</td><td>12:00</td></tr></table><div hidden>unseen</div>
    <a href="other.html?x=1">More</a> <a href="mailto:a@example.com">Write</a> <a href="http://10.0.0.1/">In</a>
    <a href="other.html?x=1">Again</a><img alt="a wave"></body></html>
    """

  private func fetch(
    _ site: Site, _ path: String = "/", _ grant: JSON = [:], host: String = "example.com",
    within: Duration = .seconds(20),
    _ adjust: (inout ToolSettings.Fetch) -> Void = { _ in }
  ) async -> ToolResult {
    var settings = ToolSettings.Fetch()
    settings.ports.insert(site.port)
    adjust(&settings)
    return await WebFetch(settings, peers: Site.peers).run(
      ["url": .string("http://\(host):\(site.port)\(path)")], ToolGrant(.webFetch, grant), within: within)
  }

  @Test("makes it readable: title, text with headings and lists, links that can be followed") func readable()
    async throws
  {
    let site = try #require(Site { _ in .page("text/html; charset=utf-8", Self.page) })
    defer { site.stop() }
    let result = await fetch(site, "/sea/tides.html")
    #expect(result.outcome == .ok, "\(result.error ?? "")")
    #expect(result.content["title"] == "Tides & moons")
    #expect(result.content["status"] == "completed")
    let text = try #require(result.content["content"]?.string)
    #expect(text.contains("# Why tides\n\nThe moon pulls at the sea.\n\nTwice a day."))
    #expect(text.contains("- spring\n- neap"))
    #expect(text.contains("a   b\n  c"))
    #expect(text.contains("| high | 12:00"))
    #expect(text.contains("[image: a wave]"))
    for hidden in ["alert", "color", "unseen"] { #expect(!text.contains(hidden)) }
    let base = "http://example.com:\(site.port)"
    #expect(
      result.content["links"]?.array?.compactMap { $0["url"]?.string } == [
        "\(base)/start", "\(base)/sea/other.html?x=1",
      ])
    #expect(result.sources == [ToolSource(url: "\(base)/sea/tides.html", title: "Tides & moons")])
    #expect(result.receivedBytes == Self.page.utf8.count)
    #expect(result.digest == (SHA256.hex(Array(Self.page.utf8))))
  }

  @Test("reads each encoding that a page is in") func encodings() async throws {
    let site = try #require(
      Site { path in
        switch path {
        case "/latin": .bytes("text/html; charset=iso-8859-1", Array("<p>caf".utf8) + [0xE9] + Array("</p>".utf8))
        case "/meta": .bytes("text/html", Array("<meta charset=iso-8859-1><p>caf".utf8) + [0xE9])
        case "/silent": .page("text/html", "<p>café 漢字</p>")
        case "/broken": .bytes("text/html; charset=utf-8", Array("<p>a".utf8) + [0xFF, 0xC3] + Array("b<p>c".utf8))
        default: .bytes("text/plain", Array("a".utf8) + [0xFF])
        }
      })
    defer { site.stop() }
    func text(_ path: String) async -> String { await fetch(site, path).content["content"]?.string ?? "" }
    #expect(await text("/latin") == "café")
    #expect(await text("/meta") == "café")
    #expect(await text("/silent") == "café 漢字")
    #expect(await text("/broken").hasPrefix("a"))
    #expect(await text("/plain") == "a\u{FFFD}")
  }

  @Test("follows redirects on the way, to the address that the answer names, and not for ever") func redirects()
    async throws
  {
    let site = try #require(
      Site { path in
        switch path {
        case "/a": .redirect("b/c")
        case "/b/c": .redirect("../d?q=1#part")
        case "/d": .page("text/plain", "here")
        default: .redirect("/loop")
        }
      })
    defer { site.stop() }
    let result = await fetch(site, "/a")
    #expect(result.content["content"] == "here")
    #expect(result.content["url"]?.string == "http://example.com:\(site.port)/d?q=1")
    let loop = await fetch(site, "/loop") { $0.redirects = 3 }
    #expect(loop.outcome == .failed)
    #expect(site.paths.count(where: { $0 == "/loop" }) == 4)
  }

  @Test("keeps to its limits of size and time") func limits() async throws {
    let long = String(repeating: "word ", count: 40_000)
    let site = try #require(Site { path in path == "/silent" ? .silence : .page("text/html", "<p>\(long)</p>") })
    defer { site.stop() }
    let cut = await fetch(site, "/", ["max_content_tokens": 100])
    #expect(cut.content["content"]?.string?.utf8.count == 400)
    #expect(cut.content["cut"] == true)
    #expect(await fetch(site).content["content"]?.string?.utf8.count == 32_000)
    let large = await fetch(site) { $0.maxBytes = 10_000 }
    #expect(large.outcome == .limit)
    let start = ContinuousClock.now
    let silent = await fetch(site, "/silent", within: .milliseconds(300))
    #expect(silent.outcome == .timeout)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test("keeps to the domains of the configuration and of the ask, also after a redirect") func domains() async throws {
    let site = try #require(
      Site { path in path == "/away" ? .redirect("http://bad.example.org/") : .page("text/plain", "x") })
    defer { site.stop() }
    #expect(await fetch(site, "/", ["allowed_domains": ["example.com"]], host: "www.example.com").outcome == .ok)
    #expect(await fetch(site, "/", ["allowed_domains": ["example.com"]], host: "notexample.com").outcome == .refused)
    #expect(await fetch(site, "/", ["blocked_domains": ["*.example.com"]]).outcome == .refused)
    #expect(await fetch(site, "/") { $0.blockedDomains = ["example.com"] }.outcome == .refused)
    #expect(await fetch(site, "/") { $0.allowedDomains = ["example.org"] }.outcome == .refused)
    #expect(await fetch(site, "/away", ["blocked_domains": ["example.org"]]).outcome == .refused)
    #expect(site.paths == ["/", "/away"])
  }

  @Test("tells the model what came instead of a page") func others() async throws {
    let site = try #require(
      Site { path in
        switch path {
        case "/json": .page("application/json", "{\"a\": 1}")
        case "/image": .bytes("image/png", [0x89, 0x50])
        case "/empty": .page("text/html", "")
        default: .status(404)
        }
      })
    defer { site.stop() }
    #expect(await fetch(site, "/json").content["content"] == "{\"a\": 1}")
    #expect(await fetch(site, "/image").error?.contains("image/png") == true)
    #expect(await fetch(site, "/empty").outcome == .failed)
    let missing = await fetch(site, "/missing")
    #expect(missing.content["status"] == "failed")
    #expect(missing.content["error"]?.string?.contains("404") == true)
  }

  @Test("reads whatever is called HTML without harm: deep, broken, endless") func hostile() {
    var pages = [
      String(repeating: "<div>", count: 50_000), String(repeating: "<p", count: 50_000), "<a href=" + "x",
      "<![CDATA[<p>x]]>", "<!--", String(repeating: "</x>", count: 50_000), "<p>\u{0}x</p>",
      "<?xml version='1.0'?><p>x",
      "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>&a;</p>", "<table><a><table><a>x",
    ]
    // parts of a good one put together by chance
    var number: UInt64 = 7
    let parts = [
      "<p>", "</p>", "<ul>", "<li", ">", "a", " ", "&amp", ";", "<pre>", "\"", "'", "href=", "</a>", "<a ", "<h1>",
    ]
    for _ in 0..<2_000 {
      var page = ""
      for _ in 0..<30 {
        number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        page += parts[Int(number >> 33) % parts.count]
      }
      pages.append(page)
    }
    for page in pages {
      let read = ReadablePage(Array(page.utf8), charset: "utf-8", limit: 1_000)
      #expect((read?.text.utf8.count ?? 0) <= 1_010)
      #expect(read?.text.contains("root:") != true)
    }
  }
}

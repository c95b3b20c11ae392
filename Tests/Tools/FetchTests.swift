import Deliberation
import Glibc
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
        case "/shift": .bytes("text/html", Array("<meta charset='Shift_JIS'><p>".utf8) + [0x8A, 0xBF, 0x8E, 0x9A])
        case "/koi": .bytes("text/html; charset=\"koi8-r\"", Array("<p>".utf8) + [0xF4, 0xC9, 0xC8, 0xCF])
        case "/wide":
          .bytes("text/html", [0xFF, 0xFE] + "<p>é漢</p>".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        case "/mark": .bytes("text/html; charset=iso-8859-1", [0xEF, 0xBB, 0xBF] + Array("<p>é".utf8))
        case "/cut": .bytes("text/html; charset=shift_jis", Array("<p>a".utf8) + [0x8A])
        case "/strange": .page("text/html; charset=utf-7", "<p>+ADw-b+AD4-é")
        case "/utf": .bytes("text/plain; charset=utf-8", Array("a".utf8) + [0xFF])
        default: .bytes("text/plain", Array("a".utf8) + [0xFF])
        }
      })
    defer { site.stop() }
    func text(_ path: String) async -> String { await fetch(site, path).content["content"]?.string ?? "" }
    #expect(await text("/latin") == "café")
    #expect(await text("/meta") == "café")
    #expect(await text("/silent") == "café 漢字")
    #expect(await text("/broken") == "a\u{FFFD}\u{FFFD}b\n\nc")
    #expect(await text("/shift") == "漢字")
    #expect(await text("/koi") == "Тихо")
    #expect(await text("/wide") == "é漢")
    #expect(await text("/mark") == "é")
    #expect(await text("/cut") == "a\u{FFFD}")
    #expect(await text("/strange") == "+ADw-b+AD4-é")
    #expect(await text("/utf") == "a\u{FFFD}")
    #expect(await text("/plain") == "aÿ")
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
    #expect(ContinuousClock.now - start < .seconds(12))
  }

  @Test("inflates no more than it may hold") func bomb() async throws {
    let site = try #require(Site { _ in .packed("text/html", FetchTests.bomb) })
    defer { site.stop() }
    #expect(FetchTests.bomb.count < 20_000)
    let result = await fetch(site) { $0.maxBytes = 100_000 }
    #expect(result.outcome == .limit, "\(result.error ?? "")")
  }

  /// Eight megabytes of zeroes, as gzip writes them.
  private static let bomb: [UInt8] = {
    // one block of deflate with fixed codes: a zero, and then the longest repetitions of it, each 258 bytes for 13 bits
    var bits: [UInt8] = [1, 1, 0]
    func code(_ value: Int, _ length: Int) {
      for bit in (0..<length).reversed() { bits.append(UInt8(value >> bit & 1)) }
    }
    code(0x30, 8)
    for _ in 0..<10_000 {
      // length 258 is code 285, without extra bits; distance 1 is code 0
      code(0xC0 + 285 - 280, 8)
      code(0, 5)
    }
    code(0, 7)
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    for start in stride(from: 0, to: bits.count, by: 8) {
      let eight = bits[start..<min(start + 8, bits.count)].enumerated()
      bytes.append(eight.reduce(0) { $0 | $1.element << UInt8($1.offset) })
    }
    return bytes + [0, 0, 0, 0, 0, 0, 0, 0]
  }()

  /// The environment belongs to the whole process, so this one is a process of its own.
  @Test("uses no proxy, which would connect in its place") func proxies() async {
    await #expect(processExitsWith: .exitCode(0)) {
      for variable in ["http_proxy", "all_proxy"] {
        guard let listener = Listener(), let site = Site({ _ in .page("text/plain", "straight") }) else { exit(2) }
        setenv(variable, "http://127.0.0.1:\(listener.port)", 1)
        let result = await FetchTests().fetch(site)
        unsetenv(variable)
        guard result.content["content"] == "straight", listener.connections == 0 else { exit(1) }
        site.stop()
        listener.stop()
      }
      exit(0)
    }
  }

  @Test("lets more pages wait in line than it fetches at a time") func line() async throws {
    let site = try #require(Site { _ in .page("text/plain", "x") })
    defer { site.stop() }
    var settings = ToolSettings.Fetch()
    settings.ports.insert(site.port)
    settings.concurrent = 2
    let tool = WebFetch(settings, peers: Site.peers)
    let arguments: JSON = ["url": .string("http://example.com:\(site.port)/")]
    let outcomes = await withTaskGroup(of: ToolUse.Outcome.self) { group in
      for _ in 0..<40 {
        group.addTask { await tool.run(arguments, ToolGrant(.webFetch), within: .seconds(60)).outcome }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.count == 40)
    #expect(outcomes.allSatisfy { $0 == .ok })

    let silent = try #require(Site { _ in .silence })
    defer { silent.stop() }
    settings.ports.insert(silent.port)
    settings.concurrent = 1
    let narrow = WebFetch(settings, peers: Site.peers)
    let first: JSON = ["url": .string("http://example.com:\(silent.port)/")]
    let holder = Task { await narrow.run(first, ToolGrant(.webFetch), within: .seconds(60)) }
    #expect(eventually(within: .seconds(20)) { !silent.paths.isEmpty })
    let late = await narrow.run(arguments, ToolGrant(.webFetch), within: .milliseconds(50))
    #expect(late.outcome == .limit)
    let waiter = Task { await narrow.run(arguments, ToolGrant(.webFetch), within: .seconds(60)) }
    waiter.cancel()
    #expect(await waiter.value.outcome != .ok)
    // who hangs up makes room
    holder.cancel()
    #expect(await holder.value.outcome == .failed)
    #expect(await narrow.run(arguments, ToolGrant(.webFetch), within: .seconds(60)).outcome == .ok)
  }

  @Test("compares domains so that none lets in more than it says, and none keeps out less") func rules() {
    func admits(_ allowed: [String], _ host: String) -> Bool { DomainRule(allowed: allowed).admits(host) }
    func keeps(_ refused: [String], _ host: String) -> Bool { !DomainRule(refused: refused).admits(host) }
    for (domain, host) in [
      ("example.com", "example.com"), ("example.com", "a.b.example.com"), ("*.example.com", "a.example.com"),
      ("https://Example.com:443/path", "example.com"), ("www.example.com", "example.com"),
      ("example.com.", "EXAMPLE.com"), ("[2600::1]", "2600::1"), ("1.1.1.1", "1.1.1.1"),
    ] {
      #expect(admits([domain], host), "\(domain) \(host)")
      #expect(keeps([domain], host), "\(domain) \(host)")
    }
    for (domain, host) in [
      ("www.example.com", "inner.example.com"), ("www.com", "example.com"), ("example.com", "example.com.org"),
      ("example.com", "badexample.com"), ("", "example.com"), ("2600::1", "2600::2"),
    ] { #expect(!admits([domain], host), "\(domain) \(host)") }
    #expect(keeps(["www.example.com"], "inner.example.com"))
    #expect(!keeps(["example.com"], "example.org"))
    // a list that holds no domain lets in nothing
    let grant = ToolGrant(.webFetch, ["allowed_domains": [5]])
    #expect(!DomainRule(allowed: grant.texts("allowed_domains")).admits("example.com"))
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

  @Test("writes a page anew with what a reader needs, as browsers understand it") func markup() {
    func plain(_ page: String) -> String { String(decoding: PlainMarkup(Array(page.utf8)).bytes, as: UTF8.self) }
    #expect(plain("<A HREF='x\"y' onclick=z id=1 href=second>t</A >") == "<a href=\"x&quot;y\">t</a>")
    #expect(plain("a<!-- <p> --><!doctype html><?php echo ?><b>c</b>") == "a<b>c</b>")
    #expect(plain("a<!-->b<!--->c<!-- - -- > -->d") == "abcd")
    #expect(plain("<script>if (a<b) { '</scripty>' }</SCRIPT >x<style>p { }</style>y") == "xy")
    #expect(plain("<title>a <b> c</title>") == "<title>a &lt;b> c</title>")
    #expect(plain("1 < 2 <3 </ 4> &lt; </>5") == "1 &lt; 2 &lt;3  &lt; 5")
    #expect(plain("<p/hidden/><br/><x-y:z q>") == "<p hidden=\"\"><br><x>")
    #expect(plain("<a href = x alt=\"\" ></a bad='>'>b") == "<a href=\"x\" alt=\"\"></a>b")
    #expect(plain("a<p class=\"unended") == "a")
    #expect(plain("a\u{0}b<p hidden=\"\u{0}x\">") == "ab<p hidden=\"x\">")
  }

  @Test("reads whatever is called HTML without harm: deep, broken, endless", .timeLimit(.minutes(2))) func hostile() {
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
    // each would take libxml2 minutes or all memory as it stands
    let large = 2_000_000
    func much(_ head: String, _ each: (Int) -> String) -> String {
      var page = head
      var number = 0
      while page.utf8.count < large {
        page += each(number)
        number += 1
      }
      return page
    }
    pages += [
      much("<p ") { "a\($0) " }, much("<p x=\">\" ") { "a\($0)=\">\" " },
      much("<!-- <p x=\" --><p ") { "a\($0) " },
      much("<script><p x=\"</script><p ") { "a\($0)</script " }, much("<p ") { "a\($0) <b " },
      much("") { _ in "<a href=\"" }, much("<title>") { _ in "</titl" }, much("<textarea>") { _ in "<" },
      much("<a href='") { _ in "&amp;" }, much("<") { _ in "/" }, much("<a") { _ in "=" },
    ]
    for page in pages {
      let read = ReadablePage(Array(page.utf8), charset: "utf-8", limit: 1_000)
      #expect((read?.text.utf8.count ?? 0) <= 1_010)
      #expect(read?.text.contains("root:") != true)
    }
  }
}

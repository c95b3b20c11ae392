import Deliberation
import Foundation
import Models
import Telemetry
import Testing
import Threads
import Web

@testable import Tools

@Suite("Searching") struct SearchTests {
  private let client = HTTPClient()

  private func search(_ engine: any SearchEngine, _ arguments: JSON, _ grant: JSON = [:]) async -> ToolResult {
    let tool = WebSearch(ToolSettings.Search(engine: .local(folder: "")), engine)
    return await tool.run(arguments, ToolGrant(.webSearch, grant), within: .seconds(10))
  }

  private func urls(_ result: ToolResult) -> [String] {
    result.content["results"]?.array?.compactMap { $0["url"]?.string } ?? []
  }

  @Test("asks SearXNG, and keeps to count and domains whatever it answers") func searxng() async throws {
    let site = try #require(
      Site { _ in
        .page(
          "application/json",
          """
          {"results": [{"url": "https://a.example.com/1", "title": "One", "content": "first"},
           {"url": "https://b.example.org/2", "title": "Two", "content": "second"}, {"title": "no address"},
           {"url": "https://evil.example.com.example.net/", "title": "Three", "content": "third"},
           {"url": "https://example.com/4", "title": "Four", "content": "fourth"}]}
          """)
      })
    defer { site.stop() }
    let engine = SearXNG(url: "http://127.0.0.1:\(site.port)", key: nil, client: client)
    let all = await search(engine, ["query": "tides & moons"])
    #expect(urls(all).count == 4)
    #expect(all.content["results"]?[0]?["excerpt"] == "first")
    #expect(all.sources.first == ToolSource(url: "https://a.example.com/1", title: "One"))
    let request = try #require(site.requests.first)
    #expect(request.path == "/search")
    #expect(request.query.first { $0.0 == "q" }?.1 == "tides & moons")
    #expect(request.query.first { $0.0 == "format" }?.1 == "json")
    #expect(
      urls(await search(engine, ["query": "x"], ["allowed_domains": ["example.com"]]))
        == ["https://a.example.com/1", "https://example.com/4"])
    #expect(site.requests.last?.query.first { $0.0 == "q" }?.1 == "x (site:example.com)")
    #expect(
      urls(await search(engine, ["query": "x"], ["excluded_domains": ["example.com"]])).first
        == "https://b.example.org/2")
    #expect(urls(await search(engine, ["query": "x"], ["max_results": 2])).count == 2)
    #expect(urls(await search(engine, ["query": "x", "max_results": 1])).count == 1)
  }

  @Test("asks Exa with its key, its domains and its cost") func exa() async throws {
    let site = try #require(
      Site { _ in
        .page(
          "application/json",
          #"{"results": [{"url": "https://example.com/", "title": "One", "text": "first"}], "costDollars": {"total": 0.007}}"#
        )
      })
    defer { site.stop() }
    let engine = Exa(url: "http://127.0.0.1:\(site.port)", key: Secret("exa-key"), client: client)
    let result = await search(
      engine, ["query": "tides"],
      ["allowed_domains": ["example.com"], "excluded_domains": ["example.org"], "max_results": 3])
    #expect(urls(result) == ["https://example.com/"])
    #expect(result.cost == 0.007)
    let request = try #require(site.requests.first)
    #expect(request.header("x-api-key") == "exa-key")
    let body = try JSON.parse(request.body)
    #expect(body["numResults"] == 3)
    #expect(body["includeDomains"] == ["example.com"])
    #expect(body["excludeDomains"] == ["example.org"])
    #expect(!result.content.text.contains("exa-key"))
  }

  @Test("tells the model when the engine does not answer well") func broken() async throws {
    let site = try #require(
      Site { path in
        path.hasPrefix("/html")
          ? .page("text/html", "<p>no") : path.hasPrefix("/other") ? .page("", "{}") : .status(403)
      })
    defer { site.stop() }
    for path in ["", "/html", "/other"] {
      let result = await search(
        SearXNG(url: "http://127.0.0.1:\(site.port)\(path)", key: nil, client: client), ["query": "x"])
      #expect(result.outcome == .failed, "\(path)")
      #expect(result.content["status"] == "failed")
    }
    #expect(
      await search(SearXNG(url: "http://127.0.0.1:1", key: nil, client: client), ["query": " "]).outcome == .failed)
  }

  private func folder(_ files: [String: String]) throws -> String {
    let folder = FileManager.default.temporaryDirectory.path + "/conclave-search-\(UInt32.random(in: 0 ... .max))"
    for (path, text) in files {
      let file = folder + "/" + path
      try FileManager.default.createDirectory(
        atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try text.write(toFile: file, atomically: true, encoding: .utf8)
    }
    return folder
  }

  @Test("finds what stands in a folder, the best first, and notices what changes") func local() async throws {
    let folder = try folder([
      "guides/tides.md": "# Tides\n\nThe moon pulls at the sea; spring tides come at new moon.",
      "guides/bread.html": "<title>Bread</title><script>tides tides tides</script><p>Flour, water, salt.</p>",
      "notes.txt": "Remember to buy salt. A tide table hangs in the kitchen.", "picture.png": "tides",
      ".hidden.md": "tides",
      "example.org/page.html": "<h1>Salt</h1><p>Salt marshes flood with the tides.</p>",
    ])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createSymbolicLink(atPath: folder + "/passwords.txt", withDestinationPath: "/etc/passwd")
    let engine = try LocalSearch(folder: folder, freshness: .zero)
    let result = await search(engine, ["query": "What causes the tides?"])
    #expect(Set(urls(result)) == ["local:guides/tides.md", "local:notes.txt", "local:example.org/page.html"])
    #expect(urls(result).first == "local:guides/tides.md")
    #expect(result.sources.first == ToolSource(url: "local:guides/tides.md", title: "Tides"))
    #expect(result.content["results"]?[0]?["excerpt"]?.string?.contains("spring tides") == true)
    #expect(urls(await search(engine, ["query": "root bin bash"])) == [])
    #expect(urls(await search(engine, ["query": "salt"], ["max_results": 1])).count == 1)
    #expect(
      urls(await search(engine, ["query": "tides"], ["allowed_domains": ["example.org"]])) == [
        "local:example.org/page.html"
      ])
    #expect(
      !urls(await search(engine, ["query": "tides"], ["excluded_domains": ["guides"]])).contains(
        "local:guides/tides.md"))
    // nothing that a model writes is a command to the index
    for query in ["\" OR *", "body:x NEAR(", "'; DROP TABLE passages; --", "(((", "-", "AND", "日本"] {
      #expect(await search(engine, ["query": .string(query)]).outcome == .ok, "\(query)")
    }
    try "# Comets\n\nComets have tails.".write(toFile: folder + "/comets.md", atomically: true, encoding: .utf8)
    try "Nothing here any more.".write(toFile: folder + "/guides/tides.md", atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: folder + "/notes.txt")
    #expect(urls(await search(engine, ["query": "comets"])) == ["local:comets.md"])
    #expect(urls(await search(engine, ["query": "spring"])) == [])
    #expect(urls(await search(engine, ["query": "kitchen"])) == [])
    #expect(urls(await search(engine, ["query": "marsh"])) == ["local:example.org/page.html"])
  }

  @Test("cuts long texts between words into passages that can be shown") func passages() {
    let long = (0..<2_000).map { "word\($0)" }.joined(separator: " ")
    let document = LocalDocument(
      path: "a.txt", bytes: Array((long + "\n\n# Next\nshort\n" + String(repeating: "漢", count: 5_000)).utf8))
    #expect(document.passages.allSatisfy { $0.utf8.count <= LocalDocument.passageBytes })
    #expect(document.passages.joined(separator: " ").contains("word1999"))
    #expect(document.passages.contains { $0.hasPrefix("# Next") })
    #expect(document.title == "Next")
  }

  @Test("is not there without an engine that can be asked, and the log says why") func unavailable() throws {
    let lines = Lock<[String]>([])
    let log = Log(service: "t", instance: "t", level: .info, format: .text) { line in lines.withLock { $0.append(line) }
    }
    func offered(_ engine: ToolSettings.Engine?) -> [ServerTool] {
      let settings = ToolSettings(search: engine.map { ToolSettings.Search(engine: $0) })
      return Toolbox(settings, client: client, log: log, metrics: Metrics()).offered
    }
    #expect(offered(nil) == [])
    #expect(offered(.exa(url: "http://127.0.0.1:1", key: nil, keyVariable: "SOME_KEY")) == [])
    #expect(lines.withLock { $0.last?.contains("SOME_KEY") } == true)
    #expect(offered(.local(folder: "/nowhere/at/all")) == [])
    #expect(lines.withLock { $0.last?.contains("/nowhere/at/all") } == true)
    #expect(offered(.searxng(url: "http://127.0.0.1:1", key: nil)) == [.webSearch])
  }
}

import Bus
import Deliberation
import Foundation
import Testing
import Threads
import Web

extension RunningSystems {
  /// Tools of panel and judge, over everything that runs.
  @Suite("Tools in the whole system", .timeLimit(.minutes(5))) struct ToolTests {
    @Test("a member searches a folder and answers with a source; one that is sent inside is refused, and all is traced")
    func searching() async throws {
      let folder = FileManager.default.temporaryDirectory.path + "/conclave-tools-\(UInt32.random(in: 0 ... .max))"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try "# Tides\n\nThe moon pulls at the sea.".write(toFile: folder + "/tides.md", atomically: true, encoding: .utf8)
      var configuration = TestConfiguration()
      configuration.tools = ["web_search": ["engine": "local", "folder": .string(folder)]]
      configuration.panel = ["latency-20-120", "tools-always", "latency-20-120"]
      try await withSystem(configuration) { system in
        let watch = try TopicWatch(try system.bus())
        defer { watch.stop() }
        let inside = "http://127.0.0.1:1/"
        let response = try await system.post(
          TestConfiguration.fusion(
            "What pulls at the sea? [call web_search {\"query\":\"sea moon\"}] [call web_fetch {\"url\":\"\(inside)\"}]"
          ))
        let body = try JSON.parse(response.body)
        #expect(response.status == 200, "\(body.text.prefix(500))")
        let sources = body["fusion"]?["sources"]?.array ?? []
        #expect(sources.contains(["url": "local:tides.md", "title": "Tides"]), "\(sources)")
        #expect(body["fusion"]?["responses"]?[0]?["content"]?.string?.contains("local:tides.md") == true)

        let id = try #require(body["id"]?.string)
        try await eventually("the result is on its topic") { !watch.results(id).isEmpty }
        let calls = watch.records(watch.topics.events).filter {
          $0.headers.text("ce_subject") == id && $0.headers.text("ce_type") == "conclave.call.completed.v1"
        }.compactMap { $0.value.flatMap { try? JSON.parse($0) } }
        let members = calls.filter { $0["purpose"] == "panel" }
        #expect(members.count == 3)
        for member in members {
          let uses = member["tools"]?.array ?? []
          #expect(uses.contains { $0["name"] == "web_search" && $0["outcome"] == "ok" })
          #expect(uses.contains { $0["name"] == "web_fetch" && $0["outcome"] == "refused" })
          // one asks again and again: four turns with tools, and one without
          let isStubborn = member["model"]?.string?.contains("tools-always") == true
          #expect(uses.count == (isStubborn ? 8 : 2))
          #expect(member["tries"]?.array?.count == (isStubborn ? 5 : 2))
          #expect(member["content"]?.string?.isEmpty == false)
        }
        try watch.expectDescribed(prefix: system.prefix)
        #expect(watch.records(watch.topics.deadLetters).isEmpty)
      }
    }
  }
}

import Deliberation
import Models
import Telemetry
import Testing
import Threads

@testable import Tools

/// A tool that says what it was asked.
private struct Echo: Tool {
  let name: ServerTool
  let description = "Says it again."
  let arguments: JSON = ["type": "object"]
  var waits = false

  func run(_ arguments: JSON, _ grant: ToolGrant, within limit: Duration) async -> ToolResult {
    // it ends when its task is cancelled
    if waits {
      let (never, source) = AsyncStream<Void>.makeStream()
      for await _ in never {}
      source.finish()
    }
    var result = ToolResult(
      ["said": arguments["text"] ?? .null], sources: [ToolSource(url: "https://example.com/", title: "E")])
    result.cost = 0.01
    if Task.isCancelled { result = ToolResult(.failed, "stopped") }
    return result
  }
}

@Suite("The toolbox") struct ToolboxTests {
  private let metrics = Metrics()

  private func toolbox(_ tools: any Tool...) -> Toolbox { Toolbox(tools, log: .silent, metrics: metrics) }

  private func call(_ name: String, _ arguments: String = "{\"text\": \"a\"}", id: String = "1") -> ToolCall {
    ToolCall(id: id, name: name, arguments: arguments)
  }

  private func round(
    _ calls: [ToolCall], _ grants: [ToolGrant] = [ToolGrant(.webSearch), ToolGrant(.webFetch)],
    earlier: [ServerTool: Int] = [:], room: Int = 400_000
  ) -> ToolRound {
    ToolRound(call: "d/panel/0/0/0", turn: 1, grants: grants, calls: calls, earlier: earlier, room: room)
  }

  @Test("offers what is granted and there, as functions, beside the client's own") func offers() {
    let toolbox = toolbox(Echo(name: .webSearch), Echo(name: .bash))
    func names(_ grants: [ServerTool], _ own: Set<String> = []) -> [String] {
      toolbox.functions(for: grants.map { ToolGrant($0) }, besides: own).compactMap { $0["function"]?["name"]?.string }
    }
    #expect(names([.webSearch, .webFetch]) == ["web_search"])
    #expect(names([.bash, .webSearch]) == ["bash", "web_search"])
    #expect(names([.bash], ["bash"]) == [])
    #expect(names([]) == [])
    #expect(
      ToolGrant(["type": "openrouter:web_search", "parameters": ["max_results": 3]])?.whole("max_results", in: 1...25)
        == 3)
    #expect(ToolGrant(["type": "openrouter:datetime"]) == nil)
    #expect(ToolGrant(["type": "function", "function": ["name": "web_search"]]) == nil)
  }

  @Test("traces each use: arguments, sizes, times, outcome, sources, cost") func traces() async throws {
    let uses = await toolbox(Echo(name: .webSearch)).use(round([call("web_search")]))
    let use = try #require(uses.first)
    #expect(use.message == ["role": "tool", "tool_call_id": "1", "content": "{\"said\":\"a\"}"])
    #expect(use.trace["name"] == "web_search")
    #expect(use.trace["turn"] == 1)
    #expect(use.trace["arguments"] == "{\"text\": \"a\"}")
    #expect(use.trace["outcome"] == "ok")
    #expect(use.trace["ms"]?.int != nil)
    #expect(use.trace["result_bytes"] == 12)
    #expect(use.trace["cost"] == 0.01)
    #expect(use.trace["sources"] == [["url": "https://example.com/", "title": "E"]])
    #expect(metrics.render().contains("conclave_tool_uses_total{outcome=\"ok\",tool=\"web_search\"} 1"))
    let long = await toolbox(Echo(name: .webSearch)).use(
      round([call("web_search", "{\"text\": \"\(String(repeating: "x", count: 100_000))\"}")]))
    #expect((long.first?.trace.text.utf8.count ?? .max) < 3_000)
  }

  @Test("tells the model what it may not do, and goes on") func refusals() async {
    let toolbox = toolbox(Echo(name: .webSearch), Echo(name: .bash))
    func outcomes(_ round: ToolRound) async -> [ToolUse.Outcome] { await toolbox.use(round).map(\.outcome) }
    #expect(
      await outcomes(round([call("web_search"), call("delete_everything"), call("bash"), call("web_fetch")]))
        == [.ok, .refused, .refused, .refused])
    #expect(
      await outcomes(round([call("web_search", "{cut"), call("web_search", "[1]"), call("web_search", "")]))
        == [.failed, .failed, .ok])
    #expect(
      await outcomes(round([call("web_search", "{\"text\": \"\(String(repeating: "x", count: 200_000))\"}")]))
        == [.limit])
    #expect(await outcomes(round((0..<6).map { _ in call("web_search") })) == [.ok, .ok, .ok, .ok, .limit, .limit])
    let grant = ToolGrant(.webSearch, ["max_uses": 3])
    #expect(
      await outcomes(round([call("web_search"), call("web_search")], [grant], earlier: [.webSearch: 2])) == [
        .ok, .limit,
      ])
    #expect(await outcomes(round([call("web_search"), call("web_search")], room: 15)) == [.ok, .limit])
  }

  @Test("runs the tools of a turn at the same time, and stops them all") func together() async {
    let toolbox = toolbox(Echo(name: .webSearch, waits: true))
    let start = ContinuousClock.now
    let task = Task { await toolbox.use(round((0..<4).map { call("web_search", id: "\($0)") })) }
    task.cancel()
    let uses = await task.value
    #expect(uses.map(\.call.id) == ["0", "1", "2", "3"])
    #expect(uses.allSatisfy { $0.outcome == .failed })
    #expect(ContinuousClock.now - start < .seconds(45))
  }

  @Test("waits no longer for what blocks than it may, and begins nothing that nobody waits for") func workers()
    async throws
  {
    let workers = Workers("test", threads: 1, queue: 2)
    let gate = Lock(false)
    let begun = Lock(0)
    let work = { @Sendable () -> Int in
      begun.withLock { $0 += 1 }
      _ = eventually(within: .seconds(120)) { gate.withLock { $0 } }
      return 7
    }
    let run = { @Sendable (limit: Duration) async -> String in "\(await workers.run(within: limit, work))" }
    let first = Task { await run(.seconds(60)) }
    // other tests may hold the threads that tasks run on for a while
    #expect(await comes(within: .seconds(60)) { begun.withLock { $0 } == 1 })
    #expect(await run(.milliseconds(20)) == "late")
    let second = Task { await run(.seconds(60)) }
    second.cancel()
    #expect(await second.value == "cancelled")
    #expect(await run(.seconds(60)) == "full")
    gate.withLock { $0 = true }
    #expect(await first.value == "done(7)")
    #expect("\(await workers.run(within: .seconds(60)) { 8 })" == "done(8)")
    #expect(begun.withLock { $0 } == 1)
  }

  @Test("reads its settings, and names what is wrong in them") func settings() throws {
    let settings = try ToolSettings(json: [
      "web_search": ["engine": "exa", "key_env": "KEY", "max_results": 7],
      "web_fetch": ["ports": [443], "blocked_domains": ["example.com"]], "bash": ["enabled": true, "processes": 9],
    ]) { $0 == "KEY" ? "secret" : nil }
    #expect(settings.search?.engine == .exa(url: "https://api.exa.ai", key: Secret("secret"), keyVariable: "KEY"))
    #expect(settings.search?.maxResults == 7)
    #expect(settings.fetch?.ports == [443])
    #expect(settings.bash?.processes == 9)
    #expect(try ToolSettings(json: ["web_fetch": ["enabled": false]]) { _ in nil }.fetch == nil)
    let wrong: [(JSON, String)] = [
      (["web_serch": [:]], "tools.web_serch"), (["web_search": ["engine": "google"]], "tools.web_search.engine"),
      (["web_search": ["engine": "local"]], "tools.web_search.folder"),
      (["web_search": ["engine": "searxng"]], "tools.web_search.base_url"),
      (["web_search": ["engine": "searxng", "base_url": "ftp://x"]], "tools.web_search.base_url"),
      (["web_fetch": ["ports": [0]]], "tools.web_fetch.ports"),
      (["web_fetch": ["blocked_domains": ["bücher.example"]]], "tools.web_fetch.blocked_domains"),
      (["web_fetch": ["blocked_domains": "x"]], "tools.web_fetch.blocked_domains"),
      (["web_fetch": ["concurrent": 0]], "tools.web_fetch.concurrent"),
      (["web_fetch": ["allow_inside": true]], "allow_inside"),
      (["bash": ["enabled": 1]], "tools.bash.enabled"),
      (["bash": ["enabled": true, "processes": 1]], "tools.bash.processes"),
      ([], "tools"),
    ]
    for (json, path) in wrong {
      do throws(ToolSettingsError) {
        _ = try ToolSettings(json: json) { _ in nil }
        Issue.record("\(path) was taken")
      } catch { #expect(error.description.contains(path), "\(error)") }
    }
  }
}

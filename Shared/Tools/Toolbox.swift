package import Deliberation
internal import Models
package import Telemetry
package import Web

/// The tools that can run here, and the running of them. What is not configured, or cannot run on this machine, is not
/// in it.
package final class Toolbox: Sendable {
  private let tools: [ServerTool: any Tool]
  private let definitions: [ServerTool: JSON]
  private let log: Log
  private let metrics: Metrics

  /// Calls of one turn that are run; a model that asks for more is told so.
  package static let callsPerTurn = 4
  /// More than any tool takes.
  package static let argumentBytes = 150_000

  package static let empty = Toolbox([], log: .silent, metrics: Metrics())

  /// `client` is for search engines, which the configuration names: pages that a model names are fetched by a client
  /// that cannot reach inside.
  package convenience init(_ settings: ToolSettings, client: HTTPClient, log: Log, metrics: Metrics) {
    var tools: [any Tool] = []
    if let search = settings.search {
      switch WebSearch.engine(search, client, log) {
      case .success(let engine):
        tools.append(WebSearch(search, engine))
        log.info("tools.offered", ("tool", "web_search"), ("engine", engine.name))
      case .failure(let why): log.warning("tools.not_offered", ("tool", "web_search"), ("why", why.description))
      }
    }
    if let fetch = settings.fetch { tools.append(WebFetch(fetch)) }
    if let bash = settings.bash {
      switch Sandbox.probe(bash) {
      case .success(let sandbox):
        tools.append(Bash(bash, sandbox))
        log.info("tools.offered", ("tool", "bash"))
      case .failure(let why): log.warning("tools.not_offered", ("tool", "bash"), ("why", why.description))
      }
    }
    self.init(tools, log: log, metrics: metrics)
  }

  init(_ tools: [any Tool], log: Log, metrics: Metrics) {
    self.tools = Dictionary(tools.map { ($0.name, $0) }) { first, _ in first }
    definitions = self.tools.mapValues(\.definition)
    self.log = log
    self.metrics = metrics
  }

  package var offered: [ServerTool] { ServerTool.allCases.filter { tools[$0] != nil } }

  /// The functions for a model that may use these tools. A function of the client's own keeps its name, and the tool of
  /// that name is not offered beside it.
  package func functions(for grants: [ToolGrant], besides own: Set<String>) -> [JSON] {
    grants.compactMap { own.contains($0.tool.rawValue) ? nil : definitions[$0.tool] }
  }

  /// Runs what one turn asks for, all at once, and answers in its order. Cancelling the task stops all of it.
  package func use(_ round: ToolRound) async -> [ToolUse] {
    var used = round.earlier
    var uses: [Int: ToolUse] = [:]
    await withTaskGroup(of: (Int, ToolUse).self) { group in
      for (index, call) in round.calls.enumerated() {
        let grant = round.grants.first { $0.tool.rawValue == call.name }
        let count = grant.map { used[$0.tool, default: 0] } ?? 0
        if let grant { used[grant.tool] = count + 1 }
        group.addTask { (index, await self.use(call, grant, index, count, round)) }
      }
      for await (index, use) in group { uses[index] = use }
    }
    var room = round.room
    return round.calls.indices.compactMap { index in
      guard let use = uses[index] else { return nil }
      let size = use.content.utf8.count
      guard size <= room else {
        return ToolUse(
          use.call, use.tool, turn: round.turn, milliseconds: 0,
          ToolResult(.limit, "the conversation has no room for this result of \(size) bytes; answer with what you have")
        )
      }
      room -= size
      return use
    }
  }

  private func use(_ call: ToolCall, _ grant: ToolGrant?, _ index: Int, _ count: Int, _ round: ToolRound) async
    -> ToolUse
  {
    let start = ContinuousClock.now
    let result = await result(call, grant, index, count, round)
    let took = ContinuousClock.now - start
    let milliseconds = took.components.seconds * 1000 + took.components.attoseconds / 1_000_000_000_000_000
    let name = grant.flatMap { tools[$0.tool] == nil ? nil : $0.tool.rawValue } ?? "unknown"
    metrics.counter(
      "conclave_tool_uses_total", "Uses of tools by models.", [("tool", name), ("outcome", result.outcome.rawValue)]
    ).add()
    log.debug(
      "tool.used", ("call", round.call), ("tool", name), ("outcome", result.outcome.rawValue), ("ms", milliseconds),
      ("trace", round.trace))
    return ToolUse(call, grant?.tool, turn: round.turn, milliseconds: milliseconds, result)
  }

  private func result(
    _ call: ToolCall, _ grant: ToolGrant?, _ index: Int, _ count: Int, _ round: ToolRound
  ) async -> ToolResult {
    guard let grant, let tool = tools[grant.tool] else {
      let names = round.grants.filter { tools[$0.tool] != nil }.map(\.tool.rawValue)
      return ToolResult(
        .refused,
        names.isEmpty ? "there are no tools here" : "there is no such tool; use \(names.joined(separator: ", "))")
    }
    guard index < Self.callsPerTurn else {
      return ToolResult(.limit, "at most \(Self.callsPerTurn) tools run in a turn; ask again for this one")
    }
    if let most = grant.whole("max_uses", in: 0...1_000), count >= most {
      return ToolResult(.limit, "\(call.name) may be used \(most) times in a call, and was")
    }
    guard call.arguments.utf8.count <= Self.argumentBytes else {
      return ToolResult(.limit, "the arguments have more than \(Self.argumentBytes) bytes")
    }
    guard let arguments = try? JSON.parse(call.arguments.isEmpty ? "{}" : call.arguments), arguments.object != nil
    else {
      return ToolResult(.failed, "the arguments are no JSON object; write them as the schema says")
    }
    return await tool.run(arguments, grant, within: .milliseconds(max(1, round.milliseconds)))
  }
}

import Deliberation
import Testing

@Suite("Intake") struct IntakeTests {
  private func requested(_ request: JSON, _ others: JSONObject = [:]) throws -> Requested {
    guard case .requested(let output) = try Sample.intake(Sample.ask(request, others)),
      case .requested(let event)? = try Event.parse(type: output.type, id: output.id, value: output.value)
    else { throw NotTaken() }
    return event
  }

  private struct NotTaken: Error {}

  private func rejected(_ request: JSON, _ others: JSONObject = [:]) throws -> Rejected {
    guard case .rejected(let output) = try Sample.intake(Sample.ask(request, others)),
      case .rejected(let event)? = try Event.parse(type: output.type, id: output.id, value: output.value)
    else { throw NotTaken() }
    return event
  }

  @Test("resolves everything, so that nothing later depends on a configuration") func resolves() throws {
    let event = try requested(Sample.alias(), ["tenant": "acme", "priority": "bulk", "metadata": ["k": "v"]])
    #expect(event.policy == .always && event.mode == .merge && event.entrance == .alias)
    #expect(
      event.panel.map(\.asked) == ["~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest"])
    #expect(event.panel.map(\.model) == ["anthropic/claude-opus-4.5", "openai/gpt-5.1", "google/gemini-3-pro"])
    #expect(event.judge?.model == "anthropic/claude-opus-4.5")
    #expect(event.answerer == event.judge)
    #expect(event.quorum == 3 && event.rounds == 0 && event.graceMilliseconds == 0)
    #expect(event.deadline == Sample.start + 600_000)
    #expect(event.panelDeadline == Sample.start + 360_000)
    #expect(event.judgeDeadline == Sample.start + 480_000)
    #expect(event.maxToolCalls == 4 && event.maxCompletionTokens == 16_000)
    #expect(event.tenant == "acme" && event.priority == .bulk && event.metadata == ["k": "v"])
    #expect(
      event.origin
        == Origin(
          topic: "conclave.requests", partition: 0, offset: 7, key: "key-1", id: "ask-1", source: "/conclave/gateway"))
    #expect(event.bodyHash == SHA256.hex(Sample.alias().bytes))
    #expect(event.priceList.count == 64)
  }

  @Test(
    "writes what it reads",
    arguments: [
      "{}", #"{"mode":"debate","rounds":2,"quorum":2,"stand_ins":["openai/gpt-5.1"]}"#,
      #"{"mode":"best-of","max_cost":3,"member_timeout_ms":10,"grace_ms":5,"cache":{"ttl_seconds":60}}"#,
      #"{"temperature":0.5,"reasoning":{"effort":"low"},"allowed_providers":["openrouter","openai"]}"#,
    ])
  func roundTrip(text: String) throws {
    let event = try requested(
      Sample.alias(try #require(try JSON.parse(text).object)),
      ["reply": ["partition": 2, "gateway": "g", "incarnation": "i"]])
    let again = try Event.parse(type: Event.Name.requested.type, id: "x", value: event.json.bytes)
    #expect(again == .requested(event))
  }

  @Test("names the newest model that a key reaches for a family") func families() throws {
    let catalogue = try Sample.catalogue()
    #expect(catalogue.model("~anthropic/claude-opus-latest")?.slug == "anthropic/claude-opus-4.5")
    #expect(catalogue.model("~local/unreachable-latest") == nil)
    #expect(catalogue.model("local/unreachable") == nil)
    #expect(catalogue.unreachable == ["local/unreachable"])
    #expect(catalogue.families.map(\.alias).contains("~openai/gpt-latest"))
  }

  @Test("uses of a preset what can be reached") func presets() throws {
    let fast = try requested(["model": "openrouter/fusion-flash", "messages": Sample.messages])
    #expect(fast.panel.map(\.model) == ["openai/gpt-5.1", "deepseek/deepseek-v3.2"])
    // a variant of an alias is that alias, and anything else behind a colon is another model
    let variant = try requested(["model": "openrouter/fusion-flash:free", "messages": Sample.messages])
    #expect(variant.panel == fast.panel && variant.entrance == .alias)
    for name in ["openrouter/fusion:", "openai/gpt-5.1:free"] {
      #expect(try rejected(["model": .string(name), "messages": Sample.messages]).code == 400)
    }
    let budget = try requested(Sample.alias(["preset": "budget"]))
    #expect(budget.panel.map(\.model) == ["deepseek/deepseek-v3.2"])
    #expect(budget.judge?.model == "deepseek/deepseek-v3.2")
    // explicit values win over a preset
    let explicit = try requested(
      Sample.alias([
        "preset": "general-fast", "analysis_models": ["openai/gpt-5.1", "openai/gpt-5.1"],
        "model": "google/gemini-3-pro",
      ]))
    #expect(explicit.panel.map(\.model) == ["openai/gpt-5.1", "openai/gpt-5.1"])
    #expect(explicit.judge?.model == "google/gemini-3-pro")
  }

  @Test("lets the outer model judge in tool form, unless another is named") func toolForm() throws {
    let event = try requested(Sample.tool())
    #expect(event.entrance == .tool && event.policy == .auto)
    #expect(event.answerer.model == "openai/gpt-5.1" && event.judge?.model == "openai/gpt-5.1")
    #expect(try requested(Sample.tool(["model": "google/gemini-3-pro"])).judge?.model == "google/gemini-3-pro")
    #expect(event.clientTools.isEmpty)
    let plugin = try requested([
      "model": "openai/gpt-5.1", "messages": Sample.messages,
      "plugins": [["id": "fusion", "preset": "general-fast"], ["id": "web"]],
    ])
    #expect(plugin.policy == .auto && plugin.judge?.model == "openai/gpt-5.1")
    #expect(plugin.panel.map(\.model) == ["openai/gpt-5.1", "deepseek/deepseek-v3.2"])
  }

  @Test("knows from tool_choice who decides") func policies() throws {
    func policy(_ request: JSON) throws -> Policy { try requested(request).policy }
    let forced: JSONObject = ["tool_choice": ["type": "openrouter:fusion"]]
    #expect(try policy(Sample.alias()) == .always)
    #expect(try policy(Sample.alias([:], ["tool_choice": "required"])) == .always)
    #expect(try policy(Sample.alias([:], ["tool_choice": "auto"])) == .auto)
    #expect(try policy(Sample.alias([:], ["tool_choice": "none"])) == .never)
    #expect(try policy(Sample.alias(["enabled": false])) == .never)
    #expect(try policy(Sample.tool()) == .auto)
    #expect(try policy(Sample.tool([:], ["tool_choice": "required"])) == .auto)
    #expect(try policy(Sample.tool([:], ["tool_choice": "none"])) == .never)
    #expect(try policy(Sample.tool([:], forced)) == .always)
    #expect(try policy(["model": "openai/gpt-5.1", "messages": Sample.messages]) == .never)
  }

  @Test("never nests: at depth 1 the alias is its answering model alone") func depth() throws {
    for request in [Sample.alias(), Sample.tool()] {
      let event = try requested(request, ["depth": 1])
      #expect(event.policy == .never && event.panel.isEmpty && event.judge == nil)
    }
  }

  @Test("lets answers be used again for as long as the request says, else the ask") func cache() throws {
    let plain: JSON = ["model": "openai/gpt-5.1", "messages": Sample.messages]
    #expect(try requested(plain).cacheSeconds == nil)
    #expect(try requested(plain, ["cache": ["ttl_seconds": 300]]).cacheSeconds == 300)
    let alias = Sample.alias(["cache": ["ttl_seconds": 7]])
    #expect(try requested(alias, ["cache": ["ttl_seconds": 300]]).cacheSeconds == 7)
  }

  /// What an alias's plugin entry says, and the path that is refused.
  static let wrongPlugins: [(String, String)] = [
    (#"{"quorom":2}"#, "plugins[0].quorom"), (#"{"quorum":4}"#, "plugins[0].quorum"),
    (#"{"quorum":0}"#, "plugins[0].quorum"), (#"{"temperature":2.5}"#, "plugins[0].temperature"),
    (#"{"rounds":4}"#, "plugins[0].rounds"), (#"{"max_tool_calls":17}"#, "plugins[0].max_tool_calls"),
    (#"{"mode":"vote"}"#, "plugins[0].mode"), (#"{"analysis_models":[]}"#, "plugins[0].analysis_models"),
    (
      #"{"tools":[{"type":"openrouter:web_fetch","parameters":{"max_uses":"3"}}]}"#,
      "plugins[0].tools[0].parameters.max_uses"
    ),
    (
      #"{"tools":[{"type":"openrouter:web_search","parameters":{"allowed_domains":["a.com",5]}}]}"#,
      "plugins[0].tools[0].parameters.allowed_domains[1]"
    ),
    (
      #"{"tools":[{"type":"openrouter:web_search","parameters":{"excluded_domains":[""]}}]}"#,
      "plugins[0].tools[0].parameters.excluded_domains[0]"
    ),
    (#"{"analysis_models":["x/y"]}"#, "plugins[0].analysis_models[0]"),
    (#"{"analysis_models":["openrouter/fusion"]}"#, "plugins[0].analysis_models[0]"),
    (#"{"model":3}"#, "plugins[0].model"), (#"{"preset":"best"}"#, "plugins[0].preset"),
    (#"{"stand_ins":["x"]}"#, "plugins[0].stand_ins[0]"), (#"{"deadline_ms":1800001}"#, "plugins[0].deadline_ms"),
    (#"{"panel_deadline_ms":600000}"#, "plugins[0].panel_deadline_ms"),
    (#"{"cache":{"ttl":1}}"#, "plugins[0].cache.ttl"),
    (#"{"tools":[{"type":"openrouter:shell"}]}"#, "plugins[0].tools[0].type"),
    (#"{"reasoning":{"effort":"huge"}}"#, "plugins[0].reasoning.effort"),
  ]

  @Test("refuses a parameter by its path", arguments: wrongPlugins) func plugin(text: String, path: String) throws {
    try refuses(Sample.alias(try #require(try JSON.parse(text).object)), path)
  }

  private static let nine = "[" + Array(repeating: #""openai/gpt-5.1""#, count: 9).joined(separator: ",") + "]"
  private static let eight = "[" + Array(repeating: #""openai/gpt-5.1""#, count: 8).joined(separator: ",") + "]"

  /// Just outside of a range, and just inside.
  static let ranges: [(path: String, outside: [String], inside: [String])] = [
    (
      "analysis_models", [#"{"analysis_models":[]}"#, "{\"analysis_models\":\(nine)}"],
      [#"{"analysis_models":["openai/gpt-5.1"]}"#, "{\"analysis_models\":\(eight)}"]
    ),
    (
      "rounds", [#"{"mode":"debate","rounds":0}"#, #"{"mode":"debate","rounds":4}"#],
      [#"{"mode":"debate","rounds":1}"#, #"{"mode":"debate","rounds":3}"#]
    ),
    (
      "max_tool_calls", [#"{"max_tool_calls":0}"#, #"{"max_tool_calls":17}"#],
      [#"{"max_tool_calls":1}"#, #"{"max_tool_calls":16}"#]
    ),
    (
      "temperature", [#"{"temperature":-0.1}"#, #"{"temperature":2.1}"#],
      [#"{"temperature":0}"#, #"{"temperature":2}"#]
    ),
    ("quorum", [#"{"quorum":0}"#, #"{"quorum":4}"#], [#"{"quorum":1}"#, #"{"quorum":3}"#]),
    ("deadline_ms", [#"{"deadline_ms":0}"#, #"{"deadline_ms":1800001}"#], [#"{"deadline_ms":1800000}"#]),
  ]

  @Test("holds every number to its range, on both sides", arguments: ranges.indices) func range(index: Int) throws {
    let (path, outside, inside) = Self.ranges[index]
    for text in outside { try refuses(Sample.alias(try #require(try JSON.parse(text).object)), "plugins[0].\(path)") }
    for text in inside { _ = try requested(Sample.alias(try #require(try JSON.parse(text).object))) }
  }

  /// What stands beside the alias, and the path that is refused.
  static let wrongFields: [(String, String)] = [
    (#"{"n":2}"#, "n"), (#"{"store":true}"#, "store"), (#"{"previous_response_id":"x"}"#, "previous_response_id"),
    (#"{"messages":[]}"#, "messages"), (#"{"messages":[{"role":"king","content":""}]}"#, "messages[0].role"),
    (#"{"messages":[{"role":"user"}]}"#, "messages[0].content"),
    (#"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#, "messages[0].content[0].type"),
    (#"{"temperature":"hot"}"#, "temperature"), (#"{"model":"x/y"}"#, "model"), (#"{"model":null}"#, "model"),
    (#"{"tool_choice":"always"}"#, "tool_choice"),
    (#"{"model":"openai/gpt-5.1","tool_choice":{"type":"openrouter:fusion"}}"#, "tool_choice"),
    (#"{"tools":[{"type":"openrouter:fusion","parameters":{"grace":1}}]}"#, "tools[0].parameters.grace"),
    (#"{"tools":[{"type":"openrouter:fusion"},{"type":"openrouter:fusion"}]}"#, "tools[1].type"),
    (#"{"tools":[{"type":"function","function":{}}]}"#, "tools[0].function.name"),
  ]

  @Test("refuses a field by its path", arguments: wrongFields) func field(text: String, path: String) throws {
    try refuses(Sample.alias([:], try #require(try JSON.parse(text).object)), path)
  }

  private func refuses(_ request: JSON, _ path: String) throws {
    let event = try rejected(request)
    #expect(event.code == 400 && event.errorType == "invalid_request")
    #expect(event.path == path)
    #expect(event.message.contains(path))
  }

  @Test("takes what a request says of itself, within bounds") func metadata() throws {
    #expect(try requested(Sample.alias([:], ["metadata": ["job": "7"]])).metadata == ["job": "7"])
    // what stands beside the request is the pipeline's own word for it
    #expect(
      try requested(Sample.alias([:], ["metadata": ["job": "7"]]), ["metadata": ["row": 1]]).metadata == ["row": 1])
    func pairs(_ count: Int, key: Int = 5, value: Int = 5) -> JSON {
      var object: JSONObject = [:]
      for number in 0..<count {
        object["\(number)" + String(repeating: "k", count: key - "\(number)".count)] = .string(
          String(repeating: "é", count: value))
      }
      return .object(object)
    }
    #expect(try requested(Sample.alias([:], ["metadata": pairs(16, key: 64, value: 512)])).metadata != nil)
    for wrong in [pairs(17), pairs(1, key: 65), pairs(1, value: 513), ["job": 7], ["job"], "job"] {
      let event = try rejected(Sample.alias([:], ["metadata": wrong]))
      #expect(event.code == 400 && event.path?.hasPrefix("metadata") == true, "\(wrong.text.prefix(80))")
    }
  }

  @Test("refuses a model that no key reaches as unavailable") func unreachable() throws {
    let event = try rejected(Sample.alias(["model": "local/unreachable"]))
    #expect(event.code == 503 && event.errorType == "provider_overloaded")
  }

  @Test("refuses what cannot be afforded, with what it would have cost") func unaffordable() throws {
    let event = try rejected(Sample.alias(["max_cost": 0.01]))
    #expect(event.code == 402 && event.errorType == "payment_required" && event.path == "plugins[0].max_cost")
    #expect(event.message == "the panel would cost about $0.132548, more than plugins[0].max_cost $0.01")
    #expect(try requested(Sample.alias(["max_cost": 0.14])).maxCost == 0.14)
  }

  @Test("refuses providers that cannot serve, and searches for nobody unasked") func providers() throws {
    #expect(
      try rejected(Sample.alias(["analysis_models": ["openai/gpt-5.1"], "allowed_providers": ["openrouter"]])).path
        == "plugins[0].allowed_providers")
    // a preset shrinks to what is allowed
    let event = try requested(Sample.alias(["allowed_providers": ["openrouter"]]))
    #expect(event.panel.map(\.model) == ["anthropic/claude-opus-4.5", "google/gemini-3-pro"])
    #expect(event.tools == [])
    let asked = try requested(
      Sample.alias(["allowed_providers": ["openrouter"], "tools": [["type": "openrouter:web_search"]]]))
    #expect(asked.tools == [["type": "openrouter:web_search"]])
  }

  @Test("refuses a question that is too long for a record") func tooLong() throws {
    let long = String(repeating: "x", count: 300_000)
    let messages: JSON = [["role": "user", "content": .string(long)]]
    let event = try rejected(Sample.alias([:], ["messages": messages]))
    #expect(
      event.code == 413 && event.errorType == "payload_too_large" && event.message.contains("limits.record_bytes"))
    // a plain call takes more, because nothing else stands beside it
    let plain = try requested(["model": "openai/gpt-5.1", "messages": messages])
    #expect(plain.answerBytes == 800_000 - "key-1".utf8.count)
  }

  @Test("gives each answer its share of a record") func shares() throws {
    let event = try requested(Sample.alias())
    #expect(event.answerBytes == (800_000 - event.request.bytes.count - "key-1".utf8.count) / 5)
  }

  @Test("reads the Responses form as a chat") func responses() throws {
    let request = try JSON.parse(
      #"""
      {"model":"openai/gpt-5.1","instructions":"Be brief.","max_output_tokens":100,"text":{"verbosity":"low"},"input":[
        {"role":"user","content":[{"type":"input_text","text":"Hello"}]},
        {"type":"function_call","call_id":"c1","name":"weather","arguments":"{}"},
        {"type":"function_call_output","call_id":"c1","output":"rain"},
        {"type":"openrouter:fusion","status":"completed"},
        {"type":"message","role":"user","content":[
          {"type":"input_text","text":"Look"},{"type":"input_image","image_url":"data:x"}]}],
       "tools":[{"type":"function","name":"weather","parameters":{"type":"object"}}]}
      """#)
    let event = try requested(request, ["form": "responses"])
    let messages = try JSON.parse(
      #"""
      [{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"},
       {"role":"assistant","content":null,
        "tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{}"}}]},
       {"role":"tool","tool_call_id":"c1","content":"rain"},
       {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:x"}}]}]
      """#)
    #expect(event.messages == messages.array)
    #expect(event.clientTools == [Sample.weather])
    #expect(event.parameters["max_completion_tokens"] == 100 && event.parameters["verbosity"] == "low")
    #expect(event.form == .responses)
  }

  @Test("makes an id of source and ce_id where a pipeline gives none, and refuses one that cannot be used") func ids()
    throws
  {
    let ask = Sample.ask(Sample.alias())
    let output = try #require(try Sample.intake(ask, subject: nil).output)
    #expect(output.subject == IDs.deliberation(source: "/conclave/gateway", id: "ask-1"))
    guard case .rejected(let refused) = try Sample.intake(ask, subject: "a/b") else {
      Issue.record("it was taken")
      return
    }
    #expect(refused.subject == IDs.deliberation(source: "/conclave/gateway", id: "ask-1"))
    let nameless = Intake.output(
      ask: ask.bytes, id: nil, source: "kcat", subject: nil, topic: "conclave.requests.bulk", partition: 3, offset: 9,
      key: nil, catalogue: try Sample.catalogue(), now: Sample.start)
    #expect(nameless.output?.subject == IDs.deliberation(source: "kcat", id: "conclave.requests.bulk/3/9"))
    #expect(nameless.output?.causation == "conclave.requests.bulk/3/9")
  }

  @Test("takes what waits in the topic for it as bulk") func bulk() throws {
    let result = Intake.output(
      ask: Sample.ask(Sample.alias()).bytes, id: "1", source: "s", subject: nil, topic: "conclave.requests.bulk",
      partition: 0, offset: 0, key: nil, catalogue: try Sample.catalogue(), now: Sample.start)
    let output = try #require(result.output)
    #expect(try JSON.parse(output.value)["priority"] == "bulk")
  }

  @Test(
    "calls dead what is no JSON, and refuses what is no ask",
    arguments: [
      ("", false), ("{", false), ("\u{1}\u{2}", false), ("[]", true), ("3", true), ("{}", true),
      (#"{"request":[]}"#, true),
      (#"{"request":{},"depth":"deep"}"#, true), (#"{"request":{},"recorded_panel":[]}"#, true),
    ]) func unreadable(value: String, isRefused: Bool) throws
  {
    let result = Intake.output(
      ask: Array(value.utf8), id: "1", source: "s", subject: nil, topic: "t", partition: 0, offset: 0, key: nil,
      catalogue: try Sample.catalogue(), now: Sample.start)
    switch result {
    case .requested: Issue.record("it was taken")
    case .rejected: #expect(isRefused)
    case .unreadable: #expect(!isRefused)
    }
    guard
      case .unreadable = Intake.output(
        ask: nil, id: "1", source: "s", subject: nil, topic: "t", partition: 0, offset: 0, key: nil,
        catalogue: try Sample.catalogue(), now: Sample.start)
    else {
      Issue.record("a tombstone was read")
      return
    }
  }

  @Test(
    "says what is wrong with a configuration",
    arguments: [
      (#"{"models":[{}]}"#, "models[0].slug is missing"),
      (#"{"models":[{"slug":"a","lane":"x"}]}"#, "models[0].lane \"x\" is not in lanes; add it there"),
      (#"{"models":[{"slug":"a","via":[{"name":"x"}]}]}"#, "models[0].via[0].provider is missing"),
      (
        #"{"models":[{"slug":"a","price":{"input":-1},"via":[{"provider":"p"}]}]}"#,
        "models[0].price: a price is below 0"
      ),
      (#"{"presets":{"p":{"panel":[]}}}"#, "presets.p.panel names 0 models; name 1 to 8"),
    ]) func configuration(text: String, message: String) throws
  {
    let json = try JSON.parse(text)
    #expect(throws: CatalogueError(message)) { try Catalogue(json: json) { _ in true } }
  }
}

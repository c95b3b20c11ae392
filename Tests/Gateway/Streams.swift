import Deliberation
import Testing
import Web

@testable import Gateway

/// What a client has read of a stream.
struct Streamed {
  var events: [(name: String?, json: JSON)] = []
  var isDone = false
  private var parser = SSEParser(limit: 10_000_000)

  mutating func read(_ bytes: [UInt8]) throws {
    for event in parser.feed(bytes) {
      try #require(!isDone, "something comes after the end")
      if event.text == "[DONE]" { isDone = true } else { events.append((event.event, try JSON.parse(event.text))) }
    }
  }

  var deltas: [JSON] { events.compactMap { $0.json["choices"]?[0]?["delta"] } }
  var text: String { deltas.compactMap { $0["content"]?.string }.joined() }
  var finish: String? { events.compactMap { $0.json["choices"]?[0]?["finish_reason"]?.string }.last }
  var types: [String] { events.compactMap { $0.json["type"]?.string } }
}

enum Telling {
  static let id = "gen-1"

  static func delta(
    _ call: String, _ text: String = "", at offset: Int = 0, execution: String = "one", reasoning: String = "",
    tools: [JSON] = []
  ) throws -> Reply.Delta {
    Reply.Delta(
      call: try #require(CallID("\(id)/\(call)")), execution: execution, offset: offset, text: text,
      reasoning: reasoning, toolCalls: tools)
  }

  static func step(_ name: String, _ data: JSON, event: String = "") -> Reply.Step {
    Reply.Step(
      deliberation: id, event: event.isEmpty ? "\(id)/\(name)/\(data.text)" : event, name: name,
      time: "2026-01-02T03:04:05.678Z", data: data)
  }

  static func completion(_ content: String, tools: [JSON] = [], finish: String = "stop") -> JSON {
    var message: JSONObject = ["role": "assistant", "content": .string(content), "refusal": .null]
    if !tools.isEmpty { message["tool_calls"] = .array(tools) }
    return [
      "id": .string(id), "object": "chat.completion", "model": "author/concrete",
      "choices": [["index": 0, "message": .object(message), "finish_reason": .string(finish)]],
      "usage": ["total_tokens": 7, "cost": 0.5], "fusion": ["status": "ok"],
    ]
  }

  static func call(_ id: String, _ name: String, _ arguments: String) -> JSON {
    [
      "id": .string(id), "type": "function",
      "function": ["name": .string(name), "arguments": .string(arguments)],
    ]
  }
}

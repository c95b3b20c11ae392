import Deliberation

@testable import ModelSimulator

/// Builders of requests, so that a test says only what it is about.
enum Requests {
  static func chat(
    _ text: String, model: String = "acme/one", stream: Bool = false, _ more: [(String, JSON)] = []
  ) -> JSON {
    conversation([["role": "user", "content": .string(text)]], model: model, stream: stream, more)
  }

  static func conversation(
    _ messages: [JSON], model: String = "acme/one", stream: Bool = false, _ more: [(String, JSON)] = []
  ) -> JSON {
    var body: JSONObject = ["model": .string(model), "messages": .array(messages), "stream": .bool(stream)]
    for (key, value) in more { body[key] = value }
    return .object(body)
  }

  static func function(_ name: String) -> JSON {
    ["type": "function", "function": ["name": .string(name), "parameters": ["type": "object", "properties": [:]]]]
  }

  static let tag = "0123456789abcdef"

  static func fence(_ kind: String, _ content: String, tag: String = tag) -> String {
    "<<<\(kind) \(tag)\n\(content)\n\(kind) \(tag)>>>"
  }

  /// A judge's prompt over these answers, labelled A, B, …
  static func judge(
    _ answers: [String], model: String = "acme/judge", earlier: [String] = [], lists: [String] = []
  ) -> JSON {
    let labels = ["A", "B", "C", "D", "E", "F", "G", "H"]
    var parts = ["Compare.", fence("QUESTION", "[user]\nShould we move the warehouse?")]
    parts += zip(labels, answers).map { fence("RESPONSE \($0)", $1) }
    parts += zip(labels, earlier).map { fence("FIRST \($0)", $1) }
    let properties = JSONObject.of((["consensus"] + lists).map { ($0, ["type": "array"]) })
    return conversation(
      [
        ["role": "system", "content": "You compare."],
        ["role": "user", "content": .string(parts.joined(separator: "\n\n"))],
      ], model: model,
      [
        (
          "response_format",
          [
            "type": "json_schema",
            "json_schema": [
              "name": "conclave_analysis", "schema": ["type": "object", "properties": .object(properties)],
            ],
          ]
        )
      ])
  }

  /// What the model says to that body, without anything of the wire.
  static func reading(_ body: JSON, call: String? = nil, execution: String? = nil) throws -> Direction.Reading {
    try Direction.read(
      Direction.Asked(body: body.bytes, call: call.map { CallName($0) }, execution: execution))
  }

  static func completion(_ body: JSON, call: String? = nil, execution: String? = nil) throws -> Completion {
    let reading = try reading(body, call: call, execution: execution)
    var direction = Direction(defaultLatency: 0)
    let manner = direction.manner(for: reading, now: 0)
    return SimulatedModel(
      request: reading.request, duty: reading.duty, promptSeed: reading.promptSeed, manner: manner,
      execution: execution, now: 1000
    ).completion()
  }

  static func script(_ body: JSON, call: String? = nil, latency: Int = 0) throws -> Script {
    let reading = try reading(body, call: call)
    var direction = Direction(defaultLatency: latency)
    let manner = direction.manner(for: reading, now: 0)
    return direction.script(for: reading, manner, epoch: 1000)
  }
}

extension JSONObject {
  static func of(_ members: [(String, JSON)]) -> JSONObject {
    var object = JSONObject()
    for (key, value) in members { object[key] = value }
    return object
  }
}

extension Script {
  /// The whole body, put together.
  var bytes: [UInt8] {
    guard case .answer(_, _, let body) = act else { return [] }
    switch body {
    case .whole(let bytes): return bytes
    case .pieces(let pieces, _): return pieces.flatMap(\.bytes)
    case .dripped(let bytes, _): return bytes
    case .flood(let head, let block, _, let tail): return head + block + tail
    }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  var status: Int? {
    guard case .answer(let status, _, _) = act else { return nil }
    return status
  }

  func header(_ name: String) -> String? {
    guard case .answer(_, let headers, _) = act else { return nil }
    return headers.first { $0.0 == name }?.1
  }
}

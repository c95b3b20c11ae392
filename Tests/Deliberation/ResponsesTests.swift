import Deliberation
import Testing

@Suite("The Responses form") struct ResponsesTests {
  private let form: JSONObject = ["form": "responses"]

  private func request(_ others: JSONObject = [:]) -> JSON {
    var request: JSONObject = ["model": "openrouter/fusion", "input": "Which is the tallest mountain?"]
    for member in others.members { request[member.key] = member.value }
    return .object(request)
  }

  private func nulls(_ value: JSON, _ path: String = "") -> [String] {
    switch value {
    case .null: [path]
    case .array(let elements): elements.flatMap { nulls($0, path + "[]") }
    case .object(let object): object.members.flatMap { nulls($0.value, "\(path).\($0.key)") }
    default: []
    }
  }

  @Test("has the fusion as an item before the message, without any null") func completed() throws {
    var story = try Story(request(), form)
    try story.panelAnswers(["a", "b", "c"])
    try story.judgeSays()
    try story.completes("answer/0/-/0", "Everest.")
    try story.assembles()
    let body = try #require(story.result?.body)
    #expect(body["status"] == "completed" && body["error"] == .null && body["incomplete_details"] == .null)
    let output = try #require(body["output"]?.array)
    #expect(output.map { $0["type"] } == ["openrouter:fusion", "message"])
    #expect(output[0]["status"] == "completed" && output[0]["id"] == "st_gen-1")
    #expect(
      output[0].object?.keys == ["id", "type", "status", "analysis", "responses", "failed_models", "sources"])
    #expect(nulls(output[0]) == [])
    #expect(output[1]["content"]?[0]?["text"] == "Everest.")
  }

  @Test("has an incomplete item where the whole panel failed and the outer model answered alone") func incomplete()
    throws
  {
    var story = try Story(request(), form)
    try story.dispatches()
    for member in 0..<3 { try story.fails("panel/0/\(member)/0", .rateLimited, status: 429) }
    try story.assembles()
    try story.judges()
    try story.completes("answer/0/-/0", "Everest.")
    try story.assembles()
    #expect(story.result?.code == 200)
    let item = try #require(story.result?.body["output"]?[0])
    #expect(item["status"] == "incomplete" && item["failure_reason"] == "rate_limited")
    #expect(item["error"]?.string?.contains("rate_limited 429") == true)
    #expect(item["failed_models"]?.array?.count == 3 && item["responses"] == [])
    #expect(nulls(item) == [])
  }

  @Test(
    "that fails says so with a code and an error type",
    arguments: [
      (FailureReason.rateLimited, 429, "rate_limit_exceeded", "rate_limit_exceeded"),
      (.insufficientCredits, 402, "server_error", "payment_required"),
      (.upstreamError, 502, "server_error", "provider_unavailable"),
    ])
  func failed(reason: FailureReason, status: Int, code: String, type: String) throws {
    var story = try Story(request(["plugins": [["id": "fusion", "on_failure": "fail"]]]), form)
    try story.dispatches()
    for member in 0..<3 { try story.fails("panel/0/\(member)/0", reason) }
    try story.assembles()
    try story.assembles()
    #expect(story.result?.code == status)
    let body = try #require(story.result?.body)
    #expect(body["status"] == "failed" && body["completed_at"] == .null)
    #expect(body["error"]?["code"] == .string(code) && body["error_type"] == .string(type))
    #expect(body["output"]?[0]?["status"] == "incomplete")
    #expect(nulls(try #require(body["output"]?[0])) == [])
  }

  @Test(
    "echoes tool_choice as a word of its type",
    arguments: [
      (JSON.null, "auto"), ("auto", "auto"), ("required", "required"), (["type": "openrouter:fusion"], "required"),
      (["type": "function", "name": "weather"], "required"),
    ] as [(JSON, String)])
  func toolChoice(choice: JSON, echo: String) throws {
    let weather: JSON = ["type": "function", "name": "weather", "parameters": ["type": "object"]]
    var story = try Story(
      request(["tool_choice": choice, "tools": [["type": "openrouter:fusion"], weather]]), form)
    try story.cancels()
    try story.assembles()
    #expect(story.result?.body["tool_choice"] == .string(echo))
    #expect(story.result?.body["tools"]?[0]?["name"] == "weather")
  }
}

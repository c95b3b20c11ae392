import Deliberation
import Testing

@testable import ModelSimulator

@Suite struct ToolTests {
  private let short = "Why is the sky blue?"
  private let long = "Should a regional hospital with three sites and two thousand beds move its records to a cloud?"

  private func calls(
    _ text: String, _ offered: [String] = ["fusion", "get_weather"], choice: JSON? = nil, model: String = "acme/one"
  ) throws -> [String] {
    var more: [(String, JSON)] = [("tools", .array(offered.map(Requests.function)))]
    if let choice { more.append(("tool_choice", choice)) }
    return try Requests.completion(Requests.chat(text, model: model, more)).toolCalls.map(\.name)
  }

  @Test("a rule in the question says which functions are called")
  func rules() throws {
    #expect(try calls(short + " [use fusion]") == ["fusion"])
    #expect(try calls(long + " [no fusion]") == [])
    #expect(try calls(short + " [call get_weather]") == ["get_weather"])
    #expect(try calls(short + " [use fusion] [call get_weather]") == ["fusion", "get_weather"])
    #expect(try calls(short + " [call unknown]") == [])
  }

  @Test("without a rule a long question goes to fusion, a short one is answered")
  func length() throws {
    #expect(try calls(short) == [])
    #expect(try calls(long) == ["fusion"])
    #expect(try calls(long, ["get_weather"]) == [])
    #expect(try calls(short, model: "simulator/fusion-over-2") == ["fusion"])
    #expect(try calls(long, model: "simulator/fusion-never") == [])
  }

  @Test("fusion under another name is found beside a client's own function of that name")
  func renamed() throws {
    #expect(try calls(short + " [use fusion]", ["fusion", "fusion_1"]) == ["fusion_1"])
  }

  @Test("tool_choice is obeyed")
  func choice() throws {
    #expect(try calls(long, choice: "none") == [])
    #expect(try calls(short, choice: "required") == ["fusion"])
    #expect(try calls(short, choice: ["type": "function", "function": ["name": "get_weather"]]) == ["get_weather"])
  }

  @Test("arguments are those of the rule, else the question for fusion, else what the schema wants")
  func arguments() throws {
    let body = Requests.chat(
      short + " [call get_weather {\"city\":\"Oslo\"}] [use fusion]",
      [("tools", [Requests.function("fusion"), Requests.function("get_weather")])])
    let calls = try Requests.completion(body).toolCalls
    #expect(calls.map(\.arguments).first == "{\"city\":\"Oslo\"}")
    #expect(try JSON.parse(calls.last?.arguments ?? "")["prompt"]?.string?.hasPrefix(short) == true)
    #expect(Set(calls.map(\.id)).count == 2)
  }

  @Test("after a result the model answers, unless it is to call twice or has to call")
  func again() throws {
    func calls(_ text: String, results: Int, choice: JSON = "auto") throws -> Int {
      var messages: [JSON] = [["role": "user", "content": .string(text)]]
      for number in 0..<results {
        messages.append(["role": "tool", "tool_call_id": .int(Int64(number)), "content": "{}"])
      }
      let body = Requests.conversation(
        messages, [("tools", [Requests.function("fusion")]), ("tool_choice", choice)])
      return try Requests.completion(body).toolCalls.count
    }
    #expect(try calls(long, results: 1) == 0)
    #expect(try calls(long + "[use fusion twice]", results: 1) == 1)
    #expect(try calls(long + "[use fusion twice]", results: 2) == 0)
    #expect(try calls(long, results: 1, choice: "required") == 1)
  }
}

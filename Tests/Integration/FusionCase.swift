import Deliberation
import Web

/// One request to a running system and what the contract says comes of it.
struct FusionCase: Sendable {
  let name: String
  /// The bytes of the body: some of what is sent no JSON value can hold.
  let body: [UInt8]
  var path = "/v1/chat/completions"
  var code: Int64 = 200
  /// `status` of the fusion; nil: there is none.
  var fusion: String? = "ok"
  var reason: String?
  var sealed: String? = "complete"
  /// `reason` of each failed model, in the panel's order.
  var failed: [String] = []
  var hasWinner = false
  /// Which; nil: any.
  var winner: Int64?
  /// `outcome` of `decision.made`; nil: nobody was asked to decide.
  var decision: String?
  /// How many answers of the panel the result holds.
  var responses = 3
  /// Whether there is an analysis; nil: where the panel answered and nothing is said to have gone wrong.
  var hasAnalysis: Bool?
  /// What else is to be so; it says what is not.
  var also: @Sendable (FusionOutcome) -> [String] = { _ in [] }

  /// An alias's request: what its plugin entry says, and what stands beside.
  static func alias(_ name: String, _ question: String, _ plugin: JSONObject = [:], _ others: JSONObject = [:])
    -> FusionCase
  {
    var entry: JSONObject = ["id": "fusion"]
    for member in plugin.members { entry[member.key] = member.value }
    return make(name, "openrouter/fusion", question, ["plugins": [.object(entry)]], others)
  }

  /// A request to a model of the client's own that is offered fusion, beside other tools.
  static func tool(
    _ name: String, _ question: String, _ parameters: JSONObject = [:], tools: [JSON] = [], _ others: JSONObject = [:]
  ) -> FusionCase {
    let fusion: JSON = ["type": "openrouter:fusion", "parameters": .object(parameters)]
    return make(name, outer, question, ["tools": .array([fusion] + tools)], others)
  }

  static let outer = "simulator/model-outer"
  static let standIn = "simulator/model-stand-in"
  static let weather: JSON = [
    "type": "function", "function": ["name": "get_weather", "parameters": ["type": "object", "properties": [:]]],
  ]

  private static func make(
    _ name: String, _ model: String, _ question: String, _ fusion: JSONObject, _ others: JSONObject
  ) -> FusionCase {
    var request: JSONObject = ["model": .string(model)]
    request["messages"] = [["role": "user", "content": .string(question)]]
    for member in fusion.members + others.members { request[member.key] = member.value }
    return FusionCase(name: name, body: JSON.object(request).bytes)
  }

  /// The same with other expectations.
  func expecting(_ change: (inout FusionCase) -> Void) -> FusionCase {
    var changed = self
    change(&changed)
    return changed
  }

  /// The same request in the Responses form.
  func asResponses() throws -> FusionCase {
    var request = try JSON.parse(body).object ?? [:]
    request["input"] = request["messages"]
    request["messages"] = nil
    return FusionCase(name: name + ", as a response", body: JSON.object(request).bytes, path: "/v1/responses")
  }
}

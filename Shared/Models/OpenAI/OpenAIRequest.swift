internal import Deliberation

/// Writes a request as OpenAI's chat completions want it; OpenRouter, vLLM, Ollama, llama.cpp and LiteLLM take the same.
enum OpenAIRequest {
  static let path = "/chat/completions"

  /// What the caller decides itself cannot be overridden by a parameter of the same name.
  private static let own: Set = ["model", "messages", "tools", "response_format", "stream", "stream_options", "n"]

  /// A router takes `reasoning` as an object; everyone else knows only `reasoning_effort` and refuses the object.
  static func body(_ request: ProviderRequest, forRouter: Bool) -> [UInt8] {
    var body = JSONObject()
    body.append("model", .string(request.model))
    body.append("messages", request.messages)
    for member in request.parameters.members where !own.contains(member.key) && !member.value.isNull {
      if member.key == "reasoning", !forRouter {
        if request.parameters["reasoning_effort"] == nil, let effort = member.value["effort"]?.string {
          body.append("reasoning_effort", .string(effort))
        }
        continue
      }
      body.append(member.key, member.value)
    }
    if let tools = request.tools, tools.array?.isEmpty == false { body.append("tools", tools) }
    body.append("response_format", ifPresent: request.responseFormat)
    if request.streams {
      body.append("stream", true)
      body.append("stream_options", ["include_usage": true])
    }
    return JSON.object(body).bytes
  }

  /// `name`: the header that takes the bare key, where it is not the usual one.
  static func headers(_ key: Secret?, _ name: String?) -> [(String, String)] {
    guard let key else { return [] }
    if let name { return [(name, key.reveal())] }
    return [("authorization", "Bearer \(key.reveal())")]
  }
}

package import Deliberation

/// One request to a provider, in nobody's format yet.
package struct ProviderRequest: Sendable, Equatable {
  /// The model as this provider names it.
  package var model: String
  /// OpenAI's shape. Content parts (images and others) are passed on untouched.
  package var messages: JSON
  package var tools: JSON?
  /// `temperature`, `max_completion_tokens`, `reasoning`, `tool_choice`, `stop` and whatever else was asked for.
  package var parameters: JSONObject
  package var responseFormat: JSON?
  package var streams: Bool
  package var headers: [(String, String)]

  package init(
    model: String, messages: JSON, tools: JSON? = nil, parameters: JSONObject = JSONObject(),
    responseFormat: JSON? = nil, streams: Bool = true, headers: [(String, String)] = []
  ) {
    self.model = model
    self.messages = messages
    self.tools = tools
    self.parameters = parameters
    self.responseFormat = responseFormat
    self.streams = streams
    self.headers = headers
  }

  package static func == (left: ProviderRequest, right: ProviderRequest) -> Bool {
    left.model == right.model && left.messages == right.messages && left.tools == right.tools
      && left.parameters == right.parameters && left.responseFormat == right.responseFormat
      && left.streams == right.streams && left.headers.elementsEqual(right.headers) { $0 == $1 }
  }
}

internal import Deliberation

/// An error answer in OpenAI's shape.
struct Refusal: Equatable, Sendable {
  let status: Int
  let type: String
  let code: String
  let message: String
  var parameter: String?

  init(status: Int, type: String, code: String, message: String, parameter: String? = nil) {
    self.status = status
    self.type = type
    self.code = code
    self.message = message
    self.parameter = parameter
  }

  /// What providers say with a status.
  init(status: Int) {
    let (type, code, message) =
      switch status {
      case 401: ("authentication_error", "invalid_api_key", "Incorrect API key provided: sk-sim****0000.")
      case 402: ("insufficient_quota", "insufficient_credits", "Insufficient credits. Add more and try again.")
      case 403: ("permission_error", "forbidden", "Your key may not use this model.")
      case 404: ("invalid_request_error", "model_not_found", "The model does not exist or you have no access to it.")
      case 408: ("timeout_error", "timeout", "The request took too long.")
      case 413: ("invalid_request_error", "request_too_large", "The request is too large.")
      case 429: ("rate_limit_error", "rate_limit_exceeded", "Rate limit reached. Try again later.")
      case 503: ("server_error", "service_unavailable", "The service is unavailable.")
      case 529: ("overloaded_error", "overloaded", "The service is overloaded.")
      case 500...: ("server_error", "server_error", "The server had an error while processing your request.")
      default: ("invalid_request_error", "invalid_request", "The request is not valid.")
      }
    self.init(status: status, type: type, code: code, message: message + " (simulated)")
  }

  static let quota = Refusal(
    status: 429, type: "insufficient_quota", code: "insufficient_quota",
    message: "You exceeded your current quota, please check your plan and billing details. (simulated)")
  static let creditsInProse = Refusal(
    status: 400, type: "invalid_request_error", code: "",
    message: "Your credit balance is too low to access the API. Please go to Plans & Billing. (simulated)")
  static let filterInProse = Refusal(
    status: 400, type: "invalid_request_error", code: "",
    message: "The response was filtered due to the prompt triggering the content management policy. (simulated)")
  static let contextLength = Refusal(
    status: 400, type: "invalid_request_error", code: "context_length_exceeded",
    message: "This model's maximum context length is 8192 tokens. Please shorten the messages. (simulated)")

  /// The same as Anthropic says it.
  var anthropicBody: JSON {
    let type =
      switch status {
      case 401: "authentication_error"
      case 402: "billing_error"
      case 403: "permission_error"
      case 404: "not_found_error"
      case 413: "request_too_large"
      case 429: "rate_limit_error"
      case 504: "timeout_error"
      case 529: "overloaded_error"
      case 500...: "api_error"
      default: "invalid_request_error"
      }
    return ["type": "error", "error": ["type": .string(type), "message": .string(message)]]
  }

  var body: JSON {
    var error: JSONObject = ["message": .string(message), "type": .string(type)]
    error.append("param", parameter.map { .string($0) } ?? .null)
    error.append("code", code.isEmpty ? .null : .string(code))
    return ["error": .object(error)]
  }
}

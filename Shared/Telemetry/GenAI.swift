/// OpenTelemetry's names for generative AI, as of semantic conventions 1.41. None of them is stable, so they stand nowhere
/// else.
package enum GenAI {
  package static let conversation = "gen_ai.conversation.id"
  package static let operation = "gen_ai.operation.name"
  package static let requestModel = "gen_ai.request.model"
  package static let provider = "gen_ai.provider.name"
  package static let responseModel = "gen_ai.response.model"
  package static let responseID = "gen_ai.response.id"
  package static let finishReasons = "gen_ai.response.finish_reasons"
  package static let inputTokens = "gen_ai.usage.input_tokens"
  package static let outputTokens = "gen_ai.usage.output_tokens"
}

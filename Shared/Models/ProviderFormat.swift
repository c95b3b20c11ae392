/// The wire format that a provider speaks.
package enum ProviderFormat: String, Sendable, CaseIterable {
  case openai
  case anthropic
}

/// A tool that is run on our side for a model, as an ask names it without `openrouter:`. The model knows it as a
/// function of that name.
package enum ServerTool: String, Sendable, CaseIterable {
  case webSearch = "web_search"
  case webFetch = "web_fetch"
  case bash

  /// How it is called in `tools` of an ask and of a command.
  package static let prefix = "openrouter:"
}

package import Deliberation

/// Where something was read.
package struct ToolSource: Sendable, Equatable {
  package let url: String
  package let title: String

  package init(url: String, title: String) {
    self.url = url
    self.title = title
  }

  package var json: JSON { ["url": .string(url), "title": .string(title)] }
}

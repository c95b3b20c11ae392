package import Deliberation

/// A function that the model wants called. Streams bring it in pieces; `arguments` is text as the model wrote it.
package struct ToolCall: Sendable, Equatable {
  package var id: String
  package var name: String
  package var arguments: String

  package init(id: String, name: String, arguments: String) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }

  package var json: JSON {
    [
      "id": .string(id), "type": "function",
      "function": ["name": .string(name), "arguments": .string(arguments)],
    ]
  }
}

internal import Deliberation

/// A tool that can run here.
protocol Tool: Sendable {
  var name: ServerTool { get }
  /// For the model: what it is good for, and its arguments.
  var description: String { get }
  /// JSON schema of the arguments.
  var arguments: JSON { get }

  /// Runs within `limit`, and ends soon after its task is cancelled.
  func run(_ arguments: JSON, _ grant: ToolGrant, within limit: Duration) async -> ToolResult
}

extension Tool {
  var definition: JSON {
    [
      "type": "function",
      "function": [
        "name": .string(name.rawValue), "description": .string(description), "parameters": arguments,
      ],
    ]
  }
}

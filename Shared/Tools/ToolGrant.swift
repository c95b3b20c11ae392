package import Deliberation

/// A tool that one call may use, with what the ask says about it. Nothing in `parameters` is trusted.
package struct ToolGrant: Sendable, Equatable {
  package let tool: ServerTool
  package let parameters: JSON

  package init(_ tool: ServerTool, _ parameters: JSON = [:]) {
    self.tool = tool
    self.parameters = parameters
  }

  /// nil: an entry of `tools` that is something else.
  package init?(_ entry: JSON) {
    guard let type = entry["type"]?.string, type.hasPrefix(ServerTool.prefix),
      let tool = ServerTool(rawValue: String(type.dropFirst(ServerTool.prefix.count)))
    else { return nil }
    self.init(tool, entry["parameters"] ?? [:])
  }

  func whole(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let number = parameters[name]?.int else { return nil }
    return min(max(Int(clamping: number), range.lowerBound), range.upperBound)
  }

  /// What is no text stands as an empty one, which lets in nothing.
  func texts(_ name: String) -> [String] { (parameters[name]?.array ?? []).map { $0.string ?? "" } }
}

internal import Deliberation

/// The calls of the client's functions that were shown while they came.
struct ShownTools: Sendable {
  struct Call: Equatable, Sendable {
    var id: String
    var name: String
    var arguments: String
  }

  private(set) var calls: [Int: Call] = [:]

  /// How many functions a turn may call.
  static let limit = 128

  /// Takes in the pieces of a delta, in the shape of a chunk's `delta.tool_calls`.
  mutating func add(_ pieces: [JSON]) {
    for piece in pieces {
      let index = Int(piece["index"]?.int ?? 0)
      guard (0..<Self.limit).contains(index) else { continue }
      let function = piece["function"]
      var call = calls[index] ?? Call(id: "", name: "", arguments: "")
      if let id = piece["id"]?.string, call.id.isEmpty { call.id = id }
      if let name = function?["name"]?.string, call.name.isEmpty { call.name = name }
      call.arguments += function?["arguments"]?.string ?? ""
      calls[index] = call
    }
  }

  /// What of the whole calls was not shown, in the shape of a chunk's; nil where they are others than those shown.
  func rest(of whole: [JSON]) -> [JSON]? {
    guard calls.keys.allSatisfy({ $0 < whole.count }) else { return nil }
    var rest: [JSON] = []
    for (index, call) in whole.enumerated() {
      let name = call["function"]?["name"]?.string ?? ""
      let arguments = call["function"]?["arguments"]?.string ?? ""
      guard let shown = calls[index] else {
        rest.append([
          "index": .int(Int64(index)), "id": call["id"] ?? "", "type": "function",
          "function": ["name": .string(name), "arguments": .string(arguments)],
        ])
        continue
      }
      guard shown.name == name, shown.id == call["id"]?.string, arguments.utf8.starts(with: shown.arguments.utf8)
      else { return nil }
      let left = String(decoding: arguments.utf8.dropFirst(shown.arguments.utf8.count), as: UTF8.self)
      if !left.isEmpty { rest.append(["index": .int(Int64(index)), "function": ["arguments": .string(left)]]) }
    }
    return rest
  }
}

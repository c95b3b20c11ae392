/// What the asker sent, made fit for those who are asked.
struct Conversation {
  let messages: [JSON]

  /// System text first; no trailing assistant turn, which some providers refuse and others go on writing; what the
  /// client's own functions did is told in words, because the panel does not have them.
  var forPanel: [JSON] {
    var system: [JSON] = []
    var turns: [JSON] = []
    for message in messages {
      switch message["role"]?.string {
      case "system", "developer": system.append(message)
      case "tool", "function":
        turns.append(["role": "user", "content": .string("[result of a function]\n\(Self.text(message["content"]))")])
      case "assistant" where message["tool_calls"] != nil:
        turns.append(["role": "assistant", "content": .string(Self.text(ofTurn: message))])
      default: turns.append(message)
      }
    }
    while turns.last?["role"] == "assistant" { turns.removeLast() }
    return system + turns
  }

  /// The conversation as one text, for the judge.
  var transcript: String {
    messages.map { "[\($0["role"]?.string ?? "user")]\n\(Self.text(ofTurn: $0))" }.joined(separator: "\n\n")
  }

  /// The same messages with an addition to the last user turn, or as one where there is none: two user turns in a row
  /// are refused by some models.
  static func extend(_ messages: [JSON], holding contents: [Passage], _ write: (inout PromptWriter) -> Void)
    -> [JSON]
  {
    func addition() -> Passage {
      var prompt = PromptWriter(holding: contents)
      write(&prompt)
      return prompt.passage
    }
    var messages = messages
    guard let last = messages.indices.last, messages[last]["role"] == "user",
      var turn = messages[last].object
    else { return messages + [["role": "user", "content": .passage(addition())]] }
    switch turn["content"] {
    case .array(let parts): turn["content"] = .array(parts + [["type": "text", "text": .passage(addition())]])
    case let content:
      let asked = Passage(text(content))
      var prompt = PromptWriter(holding: contents + [asked])
      prompt.part(asked)
      write(&prompt)
      turn["content"] = .passage(prompt.passage)
    }
    messages[last] = .object(turn)
    return messages
  }

  /// The same messages with instructions before everything, in the system turn where there is one.
  static func prepend(_ instructions: String, to messages: [JSON]) -> [JSON] {
    guard var first = messages.first?.object, first["role"] == "system", case .string(let text) = first["content"]
    else {
      return [["role": "system", "content": .string(instructions)]] + messages
    }
    first["content"] = .string("\(text)\n\n\(instructions)")
    return [.object(first)] + messages.dropFirst()
  }

  static func text(_ content: JSON?) -> String {
    switch content {
    case .string(let text): text
    case .passage(let passage): passage.text
    case .array(let parts):
      parts.map { $0["text"]?.string ?? "[\($0["type"]?.string ?? "content") left out]" }.joined(separator: "\n")
    default: ""
    }
  }

  private static func text(ofTurn message: JSON) -> String {
    var texts: [String] = []
    let content = text(message["content"])
    if !content.isEmpty { texts.append(content) }
    for call in message["tool_calls"]?.array ?? [] {
      let function = call["function"]
      texts.append(
        "[called \(function?["name"]?.string ?? "a function") with \(function?["arguments"]?.string ?? "{}")]")
    }
    return texts.joined(separator: "\n")
  }
}

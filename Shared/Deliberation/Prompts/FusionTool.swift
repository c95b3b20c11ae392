/// Fusion as it is offered to an outer model.
package enum FusionTool {
  /// `fusion`, or `fusion_1` where the client has a function of that name.
  package static func name(besides tools: [JSON]) -> String {
    let taken = Set(tools.compactMap { $0["function"]?["name"]?.string })
    guard taken.contains("fusion") else { return "fusion" }
    var number = 1
    while taken.contains("fusion_\(number)") { number += 1 }
    return "fusion_\(number)"
  }

  static func definition(name: String) -> JSON {
    [
      "type": "function",
      "function": [
        "name": .string(name), "description": .string(description),
        "parameters": [
          "type": "object",
          "properties": [
            "prompt": ["type": "string", "description": "The question to deliberate on, in your own words."]
          ],
          "required": ["prompt"], "additionalProperties": false,
        ],
      ],
    ]
  }

  static let description = """
    Puts the conversation before a panel of several models that answer independently, and returns their answers with \
    an analysis: where they agree, where they contradict each other, what only some of them saw, and what none of \
    them covered. It takes longer and costs more than answering alone. Use it where several viewpoints are worth \
    that: research, critical decisions, disputed or difficult questions. Call it at most once.
    """
}

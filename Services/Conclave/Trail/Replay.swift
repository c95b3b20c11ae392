internal import Deliberation

/// The ask that has a deliberation's answers judged again.
struct Replay {
  let story: Story
  private let requested: JSON

  init(_ timeline: JSON) throws(CommandError) {
    story = Story(timeline)
    guard story.summary["forgotten"] == nil else {
      throw .failed("\(story.id) was forgotten: its answers are not there any more")
    }
    let facts = story.events.filter { $0["standing"] == nil }
    guard let requested = Story.data(facts, "deliberation.requested").first else {
      throw .failed("\(story.id) has not been taken in; there is nothing to judge")
    }
    self.requested = requested
  }

  /// The same request with the answers beside it.
  func question(judge: String?, mode: String?) throws(CommandError) -> AskQuestion {
    let answers = story.members.compactMap { member in
      member.content.map { content -> JSON in
        ["model": .string(member.model), "content": .string(content), "call": .string(member.call)]
      }
    }
    guard !answers.isEmpty else { throw .failed("\(story.id) has no answers of a panel; there is nothing to judge") }
    let request = requested["request"] ?? [:]
    let model = request["model"]?.string ?? AskQuestion.fusion
    var body: JSONObject = ["model": .string(model), "messages": request["messages"] ?? []]
    body.append("tools", ifPresent: request["tools"])
    for member in request["parameters"]?.object?.members ?? [] { body[member.key] = member.value }
    let old = requested["mode"]?.string ?? "merge"
    var plugin: JSONObject = ["id": "fusion", "mode": .string(mode ?? (old == "debate" ? "merge" : old))]
    plugin.append("model", ifPresent: judge.map { .string($0) } ?? requested["judge"]?["model_asked"])
    body["plugins"] = [.object(plugin)]
    return AskQuestion(
      text: "", model: model, request: .object(body),
      beside: [
        "tenant": requested["tenant"] ?? "default", "recorded_panel": .array(answers), "replays": .string(story.id),
      ])
  }
}

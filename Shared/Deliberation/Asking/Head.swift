/// What an ask's record says beside the request itself. It is read as far as it goes, so that a refusal finds the way
/// back.
struct Head {
  var form = Form.chat
  var tenant = "default"
  /// Which of the tenant's keys asked, by its mark.
  var key: String?
  var metadata: JSON?
  var priority: Priority?
  var stream = StreamKind.none
  var depth = 0
  /// For how long answers of its calls may be used again, where the request itself says nothing of it.
  var cacheSeconds: Int?
  var bodyHash: String
  var reply: ReplyAddress?
  var recordedPanel: [Requested.RecordedAnswer]?
  var replays: String?

  init(json: JSON, topic: String) {
    bodyHash = Self.name(json["body_sha256"]) ?? SHA256.hex(json["request"]?.bytes ?? [])
    form = json["form"]?.string.flatMap(Form.init) ?? .chat
    tenant = Self.name(json["tenant"]) ?? "default"
    metadata = json["metadata"].flatMap { $0.isNull ? nil : $0 }
    reply = json["reply"].flatMap { try? ReplyAddress($0) }.flatMap {
      max($0.gateway.utf8.count, $0.incarnation.utf8.count) <= Limits.nameBytes ? $0 : nil
    }
    // pipelines say by the topic what can wait
    if topic.hasSuffix(".bulk") { priority = .bulk }
  }

  /// A text that records carry, where it is short enough for that.
  private static func name(_ value: JSON?) -> String? {
    value?.string.flatMap { $0.utf8.count <= Limits.nameBytes ? $0 : nil }
  }

  private static func name(_ key: String, _ from: Parameters) throws(AskError) -> String? {
    guard let text = try from.text(key) else { return nil }
    guard text.utf8.count <= Limits.nameBytes else {
      throw from.wrong(key, "may have \(Limits.nameBytes) bytes; it has \(text.utf8.count)")
    }
    return text
  }

  mutating func read(_ json: JSON) throws(AskError) {
    guard let object = json.object else { throw AskError("the ask must be a JSON object") }
    let from = Parameters(object)
    form = try from.choice("form", of: ["chat", "responses"], as: Form.self) ?? .chat
    tenant = try Self.name("tenant", from) ?? "default"
    key = try Self.name("key", from)
    priority = try from.choice("priority", of: ["interactive", "bulk"], as: Priority.self) ?? priority
    stream = try from.choice("stream", of: ["none", "answer", "panel"], as: StreamKind.self) ?? .none
    depth = Int(try from.whole("depth", 0...1000) ?? 0)
    if let value = from["cache"] {
      cacheSeconds = try Parameters(value, path: "cache").whole("ttl_seconds", 1...31_536_000).map { Int($0) }
    }
    _ = try Self.name("body_sha256", from)
    if let metadata, metadata.object == nil { throw from.wrong("metadata", "must be an object") }
    if from["reply"] != nil, reply == nil {
      throw from.wrong("reply", "must hold partition, gateway and incarnation, of \(Limits.nameBytes) bytes at most")
    }
    replays = try Self.name("replays", from)
    guard let list = try from.list("recorded_panel") else { return }
    guard (1...Limits.members).contains(list.count) else {
      throw from.wrong("recorded_panel", "must hold 1 to \(Limits.members) answers")
    }
    var answers: [Requested.RecordedAnswer] = []
    for (index, value) in list.enumerated() {
      let answer = try Parameters(value, path: "recorded_panel[\(index)]")
      guard let model = try Self.name("model", answer) else { throw answer.wrong("model", "is missing") }
      guard let content = try answer.text("content") else { throw answer.wrong("content", "is missing") }
      answers.append(Requested.RecordedAnswer(model: model, content: content, call: try Self.name("call", answer)))
    }
    recordedPanel = answers
  }
}

/// Takes an ask in: one record of `requests` becomes `deliberation.requested` or `deliberation.rejected`.
package enum Intake {
  /// The type of an ask; a record of any other is none.
  package static let askType = "conclave.ask.v1"

  package enum Result: Sendable, Equatable {
    case requested(Output)
    case rejected(Output)
    /// No ask at all: a dead letter.
    case unreadable(String)

    package var output: Output? {
      switch self {
      case .requested(let output), .rejected(let output): output
      case .unreadable: nil
      }
    }
  }

  /// `value` to `key` are the record's; `id` is nil where it has no `ce_id`.
  package static func output(
    ask value: [UInt8]?, id: String?, source: String, subject: String?, topic: String, partition: Int, offset: Int64,
    key: [UInt8]?, catalogue: Catalogue, now: Moment
  ) -> Result {
    guard let value else { return .unreadable("the record has no value") }
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(value)
    } catch {
      return .unreadable(error.description)
    }
    let askID = id ?? IDs.position(topic: topic, partition: partition, offset: offset)
    guard max(askID.utf8.count, source.utf8.count) <= Limits.nameBytes else {
      return .unreadable("ce_id and ce_source may have \(Limits.nameBytes) bytes")
    }
    let origin = Origin(
      topic: topic, partition: partition, offset: offset,
      // whoever asked knows the answer by its correlation, too
      key: key.flatMap { $0.count <= Limits.nameBytes ? String(decoding: $0, as: UTF8.self) : nil }, id: askID,
      source: source)
    let usable = subject.map(IDs.isUsable) ?? true
    let deliberation =
      if let subject, usable { subject } else { IDs.deliberation(source: source, id: askID) }
    var head = Head(json: json, topic: topic)
    let metadataBytes = head.metadata?.bytes.count ?? 0
    do throws(AskError) {
      guard usable else {
        throw AskError("ce_subject must be 1 to 64 visible ASCII characters without a slash", path: "ce_subject")
      }
      try head.read(json)
      guard let request = json["request"] else { throw AskError("request is missing", path: "request") }
      let ask = try Ask.parse(
        request: request, form: head.form, depth: head.depth, recordedPanel: head.recordedPanel,
        besides: metadataBytes + JSON.escapedSize(origin.key ?? ""), catalogue: catalogue)
      let requested = requested(ask, head, origin, now: now)
      return .requested(
        .event(.requested(requested), of: deliberation, origin.discriminator, causation: askID))
    } catch {
      let rejected = Rejected(
        code: error.status, errorType: error.type, message: error.message, path: error.path, tenant: head.tenant,
        form: head.form, bodyHash: head.bodyHash, reply: head.reply.map { [$0] } ?? [], origin: origin,
        // a refusal is told whatever was wrong, so it carries nothing that may be too long
        metadata: metadataBytes <= catalogue.recordBytes / 100 * 30 ? head.metadata : nil)
      return .rejected(.event(.rejected(rejected), of: deliberation, origin.discriminator, causation: askID))
    }
  }

  private static func requested(_ ask: Ask, _ head: Head, _ origin: Origin, now: Moment) -> Requested {
    var requested = Requested(
      answerer: ask.answerer, deadline: now + ask.deadline, panelDeadline: now + ask.panelDeadline,
      judgeDeadline: now + ask.judgeDeadline, origin: origin)
    requested.tenant = head.tenant
    requested.key = head.key
    requested.form = head.form
    requested.stream = head.stream
    requested.priority = head.priority ?? ask.priority ?? .interactive
    requested.metadata = head.metadata ?? ask.metadata
    requested.request = ask.request
    requested.entrance = ask.entrance
    requested.policy = ask.policy
    requested.mode = ask.mode
    requested.panel = ask.panel
    requested.judge = ask.judge
    requested.fallbacks = ask.fallbacks
    requested.standIns = ask.standIns
    requested.rounds = ask.rounds
    requested.quorum = ask.quorum
    requested.graceMilliseconds = ask.grace
    requested.memberTimeoutMilliseconds = ask.memberTimeout
    requested.maxCost = ask.maxCost
    requested.toolStopCost = ask.toolStopCost
    requested.maxToolCalls = ask.maxToolCalls
    requested.maxCompletionTokens = ask.maxCompletionTokens
    requested.temperature = ask.temperature
    requested.reasoning = ask.reasoning
    requested.tools = ask.tools
    requested.cacheControl = ask.cacheControl
    requested.onFailure = ask.onFailure
    requested.allowedProviders = ask.allowedProviders
    requested.providerOrder = ask.providerOrder
    requested.cacheSeconds = ask.cacheSeconds ?? head.cacheSeconds
    requested.depth = ask.depth
    requested.answerBytes = ask.answerBytes
    requested.recordedPanel = ask.recordedPanel
    requested.replays = head.replays
    requested.bodyHash = head.bodyHash
    requested.reply = head.reply.map { [$0] } ?? []
    requested.priceList = priceList(ask)
    return requested
  }

  /// Names the prices that were used, so that two bills can be told to rest on the same.
  private static func priceList(_ ask: Ask) -> String {
    var prices: [String: String] = [:]
    for ref in ask.panel + ask.fallbacks + ask.standIns + [ask.answerer] + (ask.judge.map { [$0] } ?? []) {
      prices[ref.model] = ref.price?.json.text ?? "-"
    }
    return SHA256.hex(prices.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined())
  }
}

/// What a panel came to, as far as an end rests on it: the `fusion` object of an answer and the result that the outer
/// model sees of its tool.
struct FusionResult {
  private let deliberation: Deliberation
  private let limit: Int
  private let seal: PanelAssembled?
  private let analysis: Deliberation.Analysis?

  /// Only facts before that place count.
  init(_ deliberation: Deliberation, upTo limit: Int) {
    self.deliberation = deliberation
    self.limit = limit
    var last: PanelAssembled?
    var round = 0
    while let seal = deliberation.seals[round], seal.place < limit {
      last = seal.value
      round += 1
    }
    seal = last
    analysis = last.flatMap { deliberation.analyses[$0.round] }.flatMap { $0.place < limit ? $0.value : nil }
  }

  /// Whether a panel sat and was sealed.
  var isThere: Bool { seal != nil }

  var answered: [CallID] { (seal?.answered ?? []).sorted { ($0.member ?? 0) < ($1.member ?? 0) } }

  var completedAnalysis: AnalysisCompleted? {
    guard case .completed(let analysis)? = analysis else { return nil }
    return analysis
  }

  private var degraded: AnalysisDegraded? {
    guard case .degraded(let degraded)? = analysis else { return nil }
    return degraded
  }

  var isOK: Bool { !(seal?.answered.isEmpty ?? true) }

  /// Why there is no analysis or no answer of the panel.
  var failureReason: String? {
    guard let seal else { return nil }
    return seal.answered.isEmpty ? panelFailure.rawValue : degraded?.reason.rawValue
  }

  /// Credits before rates before all else: the first that a user can do something about.
  var panelFailure: EndReason {
    let reasons = failures.map(\.reason)
    if reasons.contains(.insufficientCredits) { return .insufficientCredits }
    if reasons.contains(.rateLimited) { return .rateLimited }
    if !reasons.isEmpty, reasons.allSatisfy({ $0 == .overBudget }) { return .overBudget }
    return .allPanelsFailed
  }

  private struct Failure {
    let call: CallID
    let reason: FailureReason
    let status: Int?
    let message: String
  }

  /// The members without an answer, each with its own reason.
  private var failures: [Failure] {
    guard let seal else { return [] }
    let answering = Set(seal.answered.compactMap(\.member))
    let all = seal.failed.map { failure($0) } + seal.abandoned.map { abandonment($0) }
    return all.filter { !answering.contains($0.call.member ?? -1) }
      .sorted { ($0.call.member ?? 0) < ($1.call.member ?? 0) }
  }

  private func failure(_ call: CallID) -> Failure {
    if let failed = deliberation.calls[CallKey(call)]?.failed {
      return Failure(call: call, reason: failed.reason, status: failed.status, message: failed.message)
    }
    return Failure(call: call, reason: .upstreamError, status: nil, message: "it ended without producing any text")
  }

  private func abandonment(_ call: CallID) -> Failure {
    let isGivenUp = call.member.flatMap { deliberation.givenUp[$0] }.map { $0 < limit } ?? false
    let first = (0...(seal?.round ?? 0)).first { deliberation.seals[$0]?.value.abandoned.contains(call) ?? false }
    let kind = first.flatMap { deliberation.seals[$0]?.value.sealed }
    if isGivenUp {
      return Failure(call: call, reason: .cancelled, status: nil, message: "it was given up by request")
    }
    if kind == .quorum {
      return Failure(call: call, reason: .cancelled, status: nil, message: "enough others had answered")
    }
    return Failure(
      call: call, reason: .timeout, status: 504, message: "it had not answered when the panel's time was over")
  }

  private var failedModels: JSON {
    .array(
      failures.map { failure in
        var entry: JSONObject = ["model": .string(deliberation.modelAsked(failure.call))]
        entry.append("error", .string(failure.message.isEmpty ? failure.reason.rawValue : failure.message))
        entry.append("status_code", ifPresent: failure.status.map { .int(Int64($0)) })
        entry.append("reason", .string(failure.reason.rawValue))
        return .object(entry)
      })
  }

  private func responses(cutTo size: Int) -> JSON {
    .array(
      answered.map {
        [
          "model": .string(deliberation.modelAsked($0)),
          "content": .passage(Judging.cut(deliberation.answer($0) ?? .empty, to: size)),
        ]
      })
  }

  private func written(_ evidence: [AnalysisCompleted.Evidence]) -> JSON {
    .written(
      JSONWriter.written(capacity: evidence.count * 256) { writer in
        writer.list(evidence) { writer, entry in
          writer.object { writer in
            writer.member("point", text: entry.point)
            writer.member("model", text: deliberation.modelAsked(entry.call))
            writer.member("index", entry.call.member ?? 0)
            writer.member("quote", text: entry.quote)
            writer.member("verified", entry.verified)
          }
        }
      })
  }

  /// `status`, `analysis`, `responses`, `failed_models`, and what went wrong.
  func toolResult(cutTo size: Int, hasAnalysis: Bool = true) -> JSON {
    var object: JSONObject = ["status": .string(isOK ? "ok" : "error")]
    if hasAnalysis { object.append("analysis", ifPresent: completedAnalysis?.analysis) }
    if isOK {
      object.append("responses", responses(cutTo: size))
    } else {
      object.append("error", .string(errorText))
    }
    object.append("failed_models", failedModels)
    object.append("failure_reason", ifPresent: failureReason.map { .string($0) })
    return .object(object)
  }

  /// Why nobody answered, member by member.
  var errorText: String {
    let each = failures.map { failure in
      let status = failure.status.map { " \($0)" } ?? ""
      return "\(deliberation.modelAsked(failure.call)): \(failure.reason.rawValue)\(status)"
    }
    return each.isEmpty
      ? "no member of the panel was asked" : "no member of the panel answered (\(each.joined(separator: "; ")))"
  }

  /// What of a result its watchers have not been told step by step, cited pages as far as there is room for them.
  func rest(within size: Int) -> JSON? {
    guard isThere else { return nil }
    var object: JSONObject = ["failed_models": failedModels]
    if !isOK { object.append("error", .string(errorText)) }
    object.append("failure_reason", ifPresent: failureReason.map { .string($0) })
    let sources = sources
    if sources.bytes.count <= size { object.append("sources", sources) }
    return .object(object)
  }

  /// The top-level `fusion` of an answer.
  func fusion(winner: Int?, costs: JSON, multiple: Double?, _ extent: Extent) -> JSON? {
    guard let seal,
      var object = toolResult(cutTo: extent.answerBytes, hasAnalysis: extent.hasAnalysis).object
    else { return nil }
    if !isOK { object["responses"] = [] }
    object.append("sources", extent.hasEvidence ? sources : [])
    object.append("mode", .string(deliberation.ask?.mode.rawValue ?? ""))
    object.append("sealed", .string(seal.sealed.rawValue))
    object.append("winner", ifPresent: winner.map { .int(Int64($0)) })
    if let analysis = completedAnalysis, extent.hasEvidence {
      object.append("evidence", written(analysis.evidence))
      if let changes = analysis.changes {
        object.append(
          "changes",
          .array(
            changes.map { change in
              let call = answered.first { $0.member == change.member }
              return [
                "model": .string(call.map { deliberation.modelAsked($0) } ?? ""),
                "index": .int(Int64(change.member)), "from": .string(change.from), "to": .string(change.to),
              ]
            }))
      }
    }
    object.append("costs", costs)
    object.append("multiple_of_single", ifPresent: multiple.map { .double($0) })
    return .object(object)
  }

  /// What any model cited, each address once.
  private var sources: JSON {
    var seen: Set<String> = []
    var sources: [JSON] = []
    let calls = deliberation.calls.map { $0.value }.filter { $0.outcome.map { $0.place < limit } ?? false }
      .sorted { ($0.outcome?.place ?? 0) < ($1.outcome?.place ?? 0) }
    for call in calls {
      for annotation in call.completed?.annotations ?? [] {
        let citation = annotation["url_citation"] ?? annotation
        guard let url = citation["url"]?.string, seen.insert(url).inserted else { continue }
        sources.append(["url": .string(url), "title": .string(citation["title"]?.string ?? url)])
      }
    }
    return .array(sources)
  }

  /// The place of the best answer among `responses`: the judge's first, or the lowest index without a judge's word.
  var winner: Int? {
    guard !answered.isEmpty else { return nil }
    guard let best = completedAnalysis?.ranking?.first(where: { answered.contains($0) }) else { return 0 }
    return answered.firstIndex(of: best)
  }
}

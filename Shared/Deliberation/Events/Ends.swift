/// What the calls of a deliberation took, and the digest of the events that its end rests on.
package struct Totals: Sendable, Equatable {
  package var usage: Usage
  package var cost: Double
  package var costFinal: Bool
  /// How many calls were commanded.
  package var calls: Int
  package var durationMilliseconds: Int64
  package var digest: String
  package var digestEvents: Int

  package init(
    usage: Usage, cost: Double, costFinal: Bool, calls: Int, durationMilliseconds: Int64, digest: String,
    digestEvents: Int
  ) {
    self.usage = usage
    self.cost = cost
    self.costFinal = costFinal
    self.calls = calls
    self.durationMilliseconds = durationMilliseconds
    self.digest = digest
    self.digestEvents = digestEvents
  }

  init(_ fields: Fields) throws(EventError) {
    usage = try fields.object("usage", Usage.init) ?? Usage()
    cost = try fields.number("cost") ?? 0
    costFinal = try fields.flag("cost_final") ?? true
    calls = try fields.whole("calls") ?? 0
    durationMilliseconds = Int64(try fields.whole("duration_ms") ?? 0)
    digest = try fields.text("digest") ?? ""
    digestEvents = try fields.int("digest_events")
  }

  func write(into object: inout JSONObject) {
    object.append("usage", usage.json)
    object.append("cost", .double(cost))
    object.append("cost_final", .bool(costFinal))
    object.append("calls", .int(Int64(calls)))
    object.append("duration_ms", .int(durationMilliseconds))
    object.append("digest", .string(digest))
    object.append("digest_events", .int(Int64(digestEvents)))
  }
}

/// The deliberation has its answer.
package struct Completed: Sendable, Equatable {
  package let status: String
  /// Why there is no analysis, or no panel's answer, where that is so: a degraded judge's reason or a failed panel's.
  package let failureReason: String?
  package let answerCall: CallID
  package let model: String
  package let mode: Mode
  package let winner: Int?
  package let totals: Totals

  package init(
    status: String, failureReason: String? = nil, answerCall: CallID, model: String, mode: Mode, winner: Int? = nil,
    totals: Totals
  ) {
    self.status = status
    self.failureReason = failureReason
    self.answerCall = answerCall
    self.model = model
    self.mode = mode
    self.winner = winner
    self.totals = totals
  }

  init(_ fields: Fields) throws(EventError) {
    status = try fields.string("status")
    failureReason = try fields.text("failure_reason")
    answerCall = try fields.call("answer_call")
    model = try fields.string("model")
    mode = try fields.choice("mode") ?? .merge
    winner = try fields.whole("winner")
    totals = try Totals(fields)
  }

  package var json: JSON {
    var object = JSONObject(capacity: 16)
    object.append("status", .string(status))
    object.append("failure_reason", ifPresent: failureReason.map { .string($0) })
    object.append("answer_call", .string(answerCall.text))
    object.append("model", .string(model))
    object.append("mode", .string(mode.rawValue))
    object.append("winner", ifPresent: winner.map { .int(Int64($0)) })
    totals.write(into: &object)
    return .object(object)
  }
}

/// The deliberation has no answer.
package struct Failed: Sendable, Equatable {
  package let reason: EndReason
  package let message: String
  package let statusCode: Int
  package let totals: Totals

  package init(reason: EndReason, message: String, statusCode: Int, totals: Totals) {
    self.reason = reason
    self.message = message
    self.statusCode = statusCode
    self.totals = totals
  }

  init(_ fields: Fields) throws(EventError) {
    reason = EndReason(rawValue: try fields.string("failure_reason")) ?? .unexpectedError
    message = try fields.text("message") ?? ""
    statusCode = try fields.int("status_code")
    totals = try Totals(fields)
  }

  package var json: JSON {
    var object: JSONObject = [
      "failure_reason": .string(reason.rawValue), "message": .string(message), "status_code": .int(Int64(statusCode)),
    ]
    totals.write(into: &object)
    return .object(object)
  }
}

/// The deliberation was given up by someone.
package struct Cancelled: Sendable, Equatable {
  package let by: CancelledBy
  package let totals: Totals

  package init(by: CancelledBy, totals: Totals) {
    self.by = by
    self.totals = totals
  }

  init(_ fields: Fields) throws(EventError) {
    by = try fields.required("by", try fields.choice("by"))
    totals = try Totals(fields)
  }

  package var json: JSON {
    var object: JSONObject = ["by": .string(by.rawValue)]
    totals.write(into: &object)
    return .object(object)
  }
}

/// What everything took after all, where that was not known at the end.
package struct Settled: Sendable, Equatable {
  package let usage: Usage
  package let cost: Double
  package let calls: Int
  /// How many events it sums over: an outcome may come in between what its writer read and where it stands itself.
  package let digestEvents: Int?

  package init(usage: Usage, cost: Double, calls: Int, digestEvents: Int? = nil) {
    self.usage = usage
    self.cost = cost
    self.calls = calls
    self.digestEvents = digestEvents
  }

  init(_ fields: Fields) throws(EventError) {
    usage = try fields.object("usage", Usage.init) ?? Usage()
    cost = try fields.number("cost") ?? 0
    calls = try fields.whole("calls") ?? 0
    digestEvents = try fields.whole("digest_events")
  }

  package var json: JSON {
    var object: JSONObject = ["usage": usage.json, "cost": .double(cost), "calls": .int(Int64(calls))]
    object.append("digest_events", ifPresent: digestEvents.map { .int(Int64($0)) })
    return .object(object)
  }
}

/// A person or a rule had the contents of a deliberation erased.
package struct Forgotten: Sendable, Equatable {
  package let by: String
  package let hashes: [String]

  package init(by: String, hashes: [String]) {
    self.by = by
    self.hashes = hashes
  }

  init(_ fields: Fields) throws(EventError) {
    by = try fields.text("by") ?? ""
    hashes = try fields.texts("hashes")
  }

  package var json: JSON { ["by": .string(by), "hashes": .array(hashes.map { .string($0) })] }
}

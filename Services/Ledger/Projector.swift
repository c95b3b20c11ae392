internal import Deliberation
internal import Store

/// Keeps the tables for reading: what each fact changes in them. Only facts come here, in log order.
struct Projector {
  let statements: Statements
  var sums = Sums()

  /// `models` answers the asked names of the calls that a round's last seal counted.
  mutating func apply(_ event: Event, _ entry: Entry, _ subject: inout KnownSubject) throws(StoreError) {
    let id = entry.subject
    switch event {
    case .requested(let event): try requested(event, id, entry, &subject)
    case .rejected(let event): try rejected(event, id, entry, &subject)
    case .decisionMade(let event):
      try statements("UPDATE deliberations SET decision = ? WHERE id = ? AND decision IS NULL").run(
        .text(event.outcome.rawValue), .text(id))
      let changed = statements.database.changes
      if changed > 0 { try choice(event.outcome.rawValue, id) }
    case .panelDispatched(let event):
      for member in event.members { try name(member.call, member.model.asked, member.model.lane, id, entry) }
    case .memberReplaced(let event): try name(event.call, event.model.asked, event.model.lane, id, entry)
    case .callRequested(let event): try name(event.call, event.model, event.lane, id, entry)
    case .callCompleted(let event): try outcome(.init(event), id, entry, &subject)
    case .callFailed(let event): try outcome(.init(event), id, entry, &subject)
    case .panelAssembled(let event):
      try statements("UPDATE deliberations SET sealed = ?, rounds = ? WHERE id = ?").run(
        .text(event.sealed.rawValue), Value(event.round), .text(id))
    case .analysisCompleted(let event): try analysed(event, id, &subject)
    case .analysisDegraded(let event):
      guard subject.analysed.insert(event.round).inserted else { return }
      try statements(
        "INSERT OR IGNORE INTO analyses(deliberation, round, state, reason, call) VALUES(?, ?, 'degraded', ?, ?)"
      ).run(.text(id), Value(event.round), .text(event.reason.rawValue), Value(event.call?.local))
    case .completed(let event):
      try end(
        "completed", event.totals, id, entry, &subject, status: event.status, failure: event.failureReason, code: 200,
        answer: event)
    case .failed(let event):
      try end(
        "failed", event.totals, id, entry, &subject, status: "error", failure: event.reason.rawValue,
        code: event.statusCode)
    case .cancelled(let event):
      try end(
        "cancelled", event.totals, id, entry, &subject, status: "error", failure: "cancelled", code: 499)
    case .settled(let event):
      try statements(
        """
        UPDATE deliberations SET cost = ?, calls = ?, prompt_tokens = ?, completion_tokens = ?, cost_final = 1
        WHERE id = ?
        """
      ).run(
        Value(Money.whole(event.cost)), Value(event.calls), Value(event.usage.promptTokens),
        Value(event.usage.completionTokens), .text(id))
    case .forgotten(let event):
      try statements("UPDATE deliberations SET question = NULL, forgotten = ? WHERE id = ?").run(
        .text(event.by), .text(id))
    case .cancelRequested, .restored: break
    }
  }

  private mutating func requested(
    _ event: Requested, _ id: String, _ entry: Entry, _ subject: inout KnownSubject
  ) throws(StoreError) {
    try statements("DELETE FROM asks WHERE deliberation = ? AND discriminator = ?").run(
      .text(id), .text(event.origin.discriminator))
    guard !subject.isAsked, !subject.hasEnded else { return }
    subject.isAsked = true
    subject.tenant = event.tenant
    subject.key = event.key ?? ""
    let panel = event.recordedPanel?.map(\.model) ?? event.panel.map(\.asked)
    try statements(
      """
      INSERT OR IGNORE INTO deliberations(
        id, state, tenant, form, mode, policy, model, panel, judge, answerer, asked, deadline, question, replays, trace,
        key)
      VALUES(?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    ).run(
      .text(id), .text(event.tenant), .text(event.form.rawValue), .text(event.mode.rawValue),
      .text(event.policy.rawValue), Value(event.request["model"]?.string),
      .text(JSON.array(panel.map { .string($0) }).text), Value(event.judge?.asked), .text(event.answerer.asked),
      .int(entry.at), .int(event.deadline.milliseconds), Value(Question.preview(event)), Value(event.replays),
      Value(entry.traceparent.map { String($0.dropFirst(3).prefix(32)) }), Value(event.key))
  }

  private mutating func rejected(
    _ event: Rejected, _ id: String, _ entry: Entry, _ subject: inout KnownSubject
  ) throws(StoreError) {
    try statements("DELETE FROM asks WHERE deliberation = ? AND discriminator = ?").run(
      .text(id), .text(event.origin.discriminator))
    guard !subject.isAsked, !subject.hasEnded else { return }
    subject.hasEnded = true
    subject.tenant = event.tenant
    try statements(
      """
      INSERT OR IGNORE INTO deliberations(id, state, tenant, form, asked, ended, status, failure, code, cost, cost_final)
      VALUES(?, 'rejected', ?, ?, ?, ?, 'error', ?, ?, 0, 1)
      """
    ).run(
      .text(id), .text(event.tenant), .text(event.form.rawValue), .int(entry.at), .int(entry.at),
      .text(event.errorType), Value(event.code))
  }

  private func end(
    _ state: String, _ totals: Totals, _ id: String, _ entry: Entry, _ subject: inout KnownSubject, status: String,
    failure: String?, code: Int, answer: Completed? = nil
  ) throws(StoreError) {
    guard !subject.hasEnded else { return }
    subject.hasEnded = true
    try statements(
      """
      UPDATE deliberations SET state = ?, ended = ?, status = ?, failure = ?, code = ?, answer_call = ?,
        answer_model = ?, winner = ?, cost = ?, cost_final = ?, calls = ?, prompt_tokens = ?, completion_tokens = ?,
        duration_ms = ?, digest = ?, digest_events = ? WHERE id = ?
      """
    ).run(
      .text(state), .int(entry.at), .text(status), Value(failure), Value(code), Value(answer?.answerCall.local),
      Value(answer?.model), Value(answer?.winner), Value(Money.whole(totals.cost)), Value(totals.costFinal),
      Value(totals.calls), Value(totals.usage.promptTokens), Value(totals.usage.completionTokens),
      .int(totals.durationMilliseconds), .text(totals.digest), Value(totals.digestEvents), .text(id))
  }

  private func name(
    _ call: CallID, _ asked: String, _ lane: String, _ id: String, _ entry: Entry
  ) throws(StoreError) {
    // the outcome may stand before the event that asked for it
    try statements(
      """
      INSERT INTO calls(deliberation, call, purpose, model_asked, lane, state, named) VALUES(?, ?, ?, ?, ?, 'asked', ?)
      ON CONFLICT DO UPDATE SET lane = coalesce(lane, excluded.lane), named = coalesce(named, excluded.named)
      """
    ).run(
      .text(id), .text(call.local), .text(call.purpose.rawValue), .text(asked), .text(lane), .int(entry.at))
  }

  /// A record of an outcome that is no fact, or comes after its call has one: what it cost stands apart, once for each
  /// execution.
  mutating func repeated(_ event: Event, _ entry: Entry, _ subject: KnownSubject) throws(StoreError) {
    switch event {
    case .callCompleted(let event): try repeated(.init(event), entry, subject)
    case .callFailed(let event): try repeated(.init(event), entry, subject)
    default: break
    }
  }

  private mutating func repeated(_ outcome: CallOutcome, _ entry: Entry, _ subject: KnownSubject) throws(StoreError) {
    guard let first = subject.outcomes[outcome.call.local], first != outcome.execution else { return }
    let cost = Money.whole(outcome.cost) ?? 0
    try statements("INSERT OR IGNORE INTO repeats(deliberation, call, execution, cost) VALUES(?, ?, ?, ?)").run(
      .text(entry.subject), .text(outcome.call.local), .text(outcome.execution), .int(cost))
    guard statements.database.changes > 0 else { return }
    let day = Sums.Day(day: Day.text(entry.at), tenant: subject.tenant, key: subject.key, model: outcome.model)
    sums.days[day, default: Sums.Spent()].costRepeated += cost
  }

  private mutating func outcome(
    _ outcome: CallOutcome, _ id: String, _ entry: Entry, _ subject: inout KnownSubject
  ) throws(StoreError) {
    let local = outcome.call.local
    guard subject.outcomes[local] == nil else { return try repeated(outcome, entry, subject) }
    subject.outcomes[local] = outcome.execution
    try statements(
      """
      INSERT INTO calls(
        deliberation, call, purpose, model_asked, model, provider, state, reason, status, execution, cost,
        prompt_tokens, completion_tokens, started, first_token, finished, tries, cached)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET model_asked = coalesce(model_asked, excluded.model_asked), model = excluded.model,
        provider = excluded.provider, state = excluded.state, reason = excluded.reason, status = excluded.status,
        execution = excluded.execution, cost = excluded.cost, prompt_tokens = excluded.prompt_tokens,
        completion_tokens = excluded.completion_tokens, started = excluded.started,
        first_token = excluded.first_token, finished = excluded.finished, tries = excluded.tries,
        cached = excluded.cached
      """
    ).run(
      .text(id), .text(local), .text(outcome.call.purpose.rawValue), Value(outcome.modelAsked), Value(outcome.model),
      Value(outcome.provider), .text(outcome.state), Value(outcome.reason), Value(outcome.status),
      .text(outcome.execution), Value(Money.whole(outcome.cost)), Value(outcome.usage?.promptTokens),
      Value(outcome.usage?.completionTokens), Value(outcome.started?.milliseconds),
      Value(outcome.firstToken?.milliseconds), Value(outcome.finished?.milliseconds), Value(outcome.tries),
      Value(outcome.cached))
    let day = Sums.Day(day: Day.text(entry.at), tenant: subject.tenant, key: subject.key, model: outcome.model)
    var spent = sums.days[day, default: Sums.Spent()]
    spent.calls += 1
    if outcome.state == "failed" { spent.failed += 1 }
    spent.promptTokens += Int64(outcome.usage?.promptTokens ?? 0)
    spent.completionTokens += Int64(outcome.usage?.completionTokens ?? 0)
    spent.cost += Money.whole(outcome.cost) ?? 0
    sums.days[day] = spent
  }

  private mutating func analysed(
    _ event: AnalysisCompleted, _ id: String, _ subject: inout KnownSubject
  ) throws(StoreError) {
    guard subject.analysed.insert(event.round).inserted else { return }
    let models = try statements(
      "SELECT model_asked FROM calls WHERE deliberation = ? AND purpose = 'panel' AND state = 'completed'"
    )
    .rows([.text(id)]) { $0.text(0) }
    let comparison = Comparison(event.analysis, models: models)
    try statements(
      """
      INSERT OR IGNORE INTO analyses(
        deliberation, round, state, call, consensus, contradictions, partial, insights, blind, evidence, verified,
        repairs)
      VALUES(?, ?, 'completed', ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    ).run(
      .text(id), Value(event.round), .text(event.call.local), Value(comparison.consensus),
      Value(comparison.contradictions), Value(comparison.partial), Value(comparison.insights),
      Value(comparison.blind), Value(event.evidenceTotal), Value(event.evidenceVerified), Value(event.repairs))
    for (model, stood) in comparison.stood {
      var sum = sums.standings[model, default: Sums.Stood()]
      sum.compared += stood.compared
      sum.contradicted += stood.contradicted
      sum.alone += stood.alone
      sum.insights += stood.insights
      sums.standings[model] = sum
    }
    for (pair, met) in comparison.met {
      var sum = sums.pairs[pair, default: Sums.Met()]
      sum.compared += met.compared
      sum.apart += met.apart
      sums.pairs[pair] = sum
    }
  }

  private mutating func choice(_ outcome: String, _ id: String) throws(StoreError) {
    let models = try statements("SELECT answerer FROM deliberations WHERE id = ?").rows([.text(id)]) { $0.text(0) }
    guard let model = models.first else { return }
    sums.choices[Sums.Choice(model: model, outcome: outcome), default: 0] += 1
  }
}

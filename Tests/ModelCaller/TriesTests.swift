import Deliberation
import ModelCaller
import Models
import Testing

@Suite struct TriesTests {
  private func failure(
    _ reason: FailureReason, _ status: Int?, _ remedy: ProviderFailure.Remedy, after: Int64? = nil,
    silent: Bool = false
  ) -> ProviderFailure {
    ProviderFailure(reason, status: status, message: "no", remedy: remedy, retryAfter: after, stayedSilent: silent)
  }

  @Test func `the next provider is tried at once, and both tries are told`() throws {
    var table = Table()
    _ = table.assign()
    let first = try #require(table.read(0, "d", model: "both").attempts.first)
    let second = try #require(table.fail(first, failure(.upstreamError, 503, .later)).attempts.first)
    #expect(second.route.provider == "two")
    #expect(second.execution == first.execution)
    let outcome = try #require(table.answer(second).outcomes.first)
    #expect(outcome.json["provider"]?.string == "two")
    #expect(outcome.json["tries"]?.array?.map { $0["provider"]?.string } == ["one", "two"])
    #expect(outcome.json["tries"]?[0]?["reason"]?.string == "upstream_error")
    #expect(outcome.json["tries"]?[0]?["status"]?.int == 503)
  }

  @Test func `the next model of the command is tried after the last provider of the first`() throws {
    var table = Table()
    _ = table.assign()
    let first = try #require(table.read(0, "d", model: "m,both").attempts.first)
    let second = try #require(table.fail(first, failure(.upstreamError, 401, .elsewhere)).attempts.first)
    #expect(second.route.model == "both")
    #expect(table.answer(second).outcomes.first?.json["model"]?.string == "both")
  }

  @Test(arguments: [FailureReason.contentFilter, .invalidRequest])
  func `nothing follows a filter or an invalid request`(_ reason: FailureReason) throws {
    var table = Table()
    _ = table.assign()
    let first = try #require(table.read(0, "d", model: "both").attempts.first)
    #expect(table.fail(first, failure(reason, 400, .none)).failures == [reason.rawValue])
  }

  @Test func `a pause that was asked for is kept, and fails at once where it lies beyond the deadline`() throws {
    var table = Table()
    _ = table.assign()
    let first = try #require(table.read(0, "d").attempts.first)
    #expect(table.fail(first, failure(.rateLimited, 429, .later, after: 7_000)).isEmpty)
    #expect(table.pass(6_990).attempts.isEmpty)
    let second = try #require(table.pass(300).attempts.first)
    #expect(table.fail(second, failure(.rateLimited, 429, .later, after: 90_000)).failures == ["rate_limited"])
  }

  @Test func `a provider that stayed silent is not asked again`() throws {
    var table = Table()
    _ = table.assign()
    let first = try #require(table.read(0, "d").attempts.first)
    #expect(table.fail(first, failure(.timeout, nil, .later, silent: true)).failures == ["timeout"])
  }

  @Test func `an error of the provider's own is tried a few times, with pauses that grow and are drawn`() throws {
    var table = Table()
    _ = table.assign()
    var attempt = try #require(table.read(0, "d").attempts.first)
    var tries = 1
    while true {
      let actions = table.fail(attempt, failure(.upstreamError, 500, .later)) + table.pass(16_000)
      guard let next = actions.attempts.first else {
        #expect(actions.failures == ["upstream_error"])
        break
      }
      attempt = next
      tries += 1
    }
    #expect(tries == Tries.limitAfterErrors)
  }

  @Test func `a provider that cannot be reached is tried for long, but not for ever`() {
    var tries = Tries([Route(provider: "one", model: "m", name: "m")])
    var now = Moment(milliseconds: 0)
    var count = 1
    var pauses: [Int64] = []
    while true {
      let step = tries.failed(
        0, failure(.upstreamError, nil, .later), milliseconds: 1, now: now, deadline: now + 1_000_000, random: { $0 })
      guard case .wait(0, let until) = step else { break }
      pauses.append(until - now)
      now = until
      count += 1
    }
    #expect(count == Tries.limit)
    #expect(pauses.prefix(6) == [500, 1_000, 2_000, 4_000, 8_000, 15_000])
  }

  @Test func `409 and 425 go to the same provider again`() throws {
    var table = Table()
    _ = table.assign()
    let first = try #require(table.read(0, "d", model: "both").attempts.first)
    let actions = table.fail(first, failure(.upstreamError, 409, .laterHere)) + table.pass(600)
    #expect(actions.attempts.first?.route.provider == "one")
  }

  @Test func `a call that a client has seen text of is never begun again`() throws {
    var table = Table()
    _ = table.assign()
    let address = ReplyAddress(partition: 3, gateway: "g", incarnation: "i")
    let attempt = try #require(
      table.read(Table.record(0, "d", model: "both", deadline: table.now + 60_000, stream: address)).attempts.first)
    table.table.delta(serial: attempt.serial, number: attempt.number, AnswerDelta(text: "Once"), now: table.now)
    var partial = ProviderAnswer()
    partial.content = "Once"
    let actions = table.fail(attempt, failure(.upstreamError, nil, .later), partial) + table.pass(0)
    #expect(actions.attempts.isEmpty)
    let written = table.acknowledge(actions)
    #expect(written.failures == ["upstream_error"])
    #expect(written.outcomes.first?.json["content"]?.string == "Once")
  }

  @Test func `what failed tries cost is added, and counts against the budget`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(
      table.read(Table.record(0, "d", model: "both", deadline: table.now + 60_000, maxCost: 0.5)).attempts.first)
    #expect(attempt.budget == 0.5)
    var partial = ProviderAnswer()
    partial.usage = TokenUsage(prompt: 10, completion: 5, cost: 0.4)
    let second = try #require(table.fail(attempt, failure(.upstreamError, 502, .later), partial).attempts.first)
    #expect(abs((second.budget ?? 0) - 0.1) < 1e-9)
    partial.usage = TokenUsage(prompt: 10, completion: 5, cost: 0.2)
    let actions = table.fail(second, failure(.upstreamError, 502, .later), partial) + table.pass(1_000)
    #expect(actions.failures == ["over_budget"])
    #expect(abs((actions.outcomes.first?.json["cost"]?.number ?? 0) - 0.6) < 1e-9)
  }
}

import Bus
import Deliberation
import ModelCaller
import Models
import Testing

/// Calls that ask the same: one request, one price, an answer for each.
@Suite struct SharingTests {
  private func table() -> Table { Table { $0.remembersAnswers = true } }

  private func record(
    _ offset: Int64, _ call: String, _ table: Table, key: String = "k", milliseconds: Int64 = 60_000,
    stream: ReplyAddress? = nil, maxCost: Double? = nil
  ) -> Record {
    Table.record(
      offset, call, deadline: table.now + milliseconds, maxCost: maxCost, stream: stream,
      cache: CallCommand.Cache(key: key, seconds: 60))
  }

  private let gateway = ReplyAddress(partition: 0, gateway: "g", incarnation: "i")

  /// A call that was read and not found in the cache.
  private func lead(_ table: inout Table, milliseconds: Int64 = 60_000, stream: ReplyAddress? = nil) throws -> Attempt {
    let asked = table.read(record(0, "first", table, milliseconds: milliseconds, stream: stream))
    let serial = try #require(asked.sought.first)
    #expect(asked.attempts.isEmpty)
    return try #require(table.find(serial, nil).attempts.first)
  }

  @Test func `those who ask the same while it runs get its answer, which is made and paid for once`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table)
    #expect(table.read(record(1, "second", table)).isEmpty)
    #expect(table.read(record(2, "third", table)).isEmpty)
    let ended = table.answer(attempt)
    #expect(ended.outcomes.map(\.isCompleted) == [true, true, true])
    #expect(ended.outcomes.map { $0.json["cached"]?.bool } == [false, true, true])
    #expect(ended.outcomes.map { $0.json["cost"]?.number } == [0.00005, 0, 0])
    #expect(Set(ended.outcomes.map { $0.json["execution"]?.string }) == [attempt.execution])
    #expect(ended.outcomes.map(\.id).last == "third/call.completed/panel/0/0/0")
    #expect(ended.outcomes.map { $0.json["call"]?.string } == ["first", "second", "third"].map(Table.name))
    #expect(ended.kept.count == 1)
    _ = table.acknowledge(ended)
    #expect(table.table.isIdle)
    #expect(table.pass(20).commits.map(\.offset) == [3])
  }

  @Test func `what others wait for is not left to another caller that names it`() throws {
    var table = Table(room: 1) { $0.remembersAnswers = true }
    _ = table.assign()
    let other = try #require(table.read(0, "other").attempts.first)
    let serial = try #require(table.read(record(1, "first", table)).sought.first)
    #expect(table.find(serial, nil).attempts.isEmpty)
    #expect(table.read(record(2, "second", table)).isEmpty)
    _ = table.hear(.running(instance: "a", calls: [Table.name("first")]))
    _ = table.hear(.ended(calls: [Table.name("first")]))
    let attempt = try #require(table.answer(other).attempts.first)
    #expect(table.answer(attempt).outcomes.map { $0.json["call"]?.string } == [Table.name("second")])
  }

  @Test func `what was kept answers the next one without a request, as an event of its own`() throws {
    var table = table()
    _ = table.assign()
    let kept = try #require(table.answer(try lead(&table)).kept.first)
    let serial = try #require(table.read(record(1, "later", table)).sought.first)
    let hit = try #require(table.find(serial, kept).outcomes.first)
    #expect(hit.json["content"]?.string == "yes")
    #expect(hit.json["cached"]?.bool == true)
    #expect(hit.json["cost"]?.number == 0)
    #expect(hit.json["usage"]?["total_tokens"]?.int == 0)
    #expect(hit.json["tries"]?.array?.isEmpty == true)
    guard case .callCompleted(let event)? = try Event.parse(type: hit.type, id: hit.id, value: hit.value) else {
      Issue.record("not a completed call")
      return
    }
    #expect(event.call.deliberation == "later")
  }

  @Test(arguments: ["", "[]", "{}", "no JSON", #"{"content": 3}"#])
  func `what is no answer in the cache is a miss`(_ text: String) throws {
    var table = table()
    _ = table.assign()
    let serial = try #require(table.read(record(0, "d", table)).sought.first)
    #expect(table.find(serial, Array(text.utf8)).attempts.count == 1)
  }

  @Test func `without the wish, or with another key, nothing is shared`() {
    var table = table()
    _ = table.assign()
    #expect(table.read(0, "plain").attempts.count == 1)
    #expect(table.read(1, "plain too").attempts.count == 1)
    #expect(table.read(record(2, "a", table, key: "x")).sought.count == 1)
    #expect(table.read(record(3, "b", table, key: "y")).sought.count == 1)
  }

  @Test func `a request that several share is stopped only when none of them wants it`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table)
    for (offset, call) in [(1, "second"), (2, "third")] { _ = table.read(record(Int64(offset), call, table)) }
    let first = table.hear(.cancelled(deliberation: "first", calls: nil))
    #expect(first.failures == ["cancelled"])
    #expect(first.outcomes.first?.id == "first/call.failed/panel/0/0/0")
    #expect(first.outcomes.first?.json["cost"]?.number == 0)
    #expect(first.stopped == 0)
    let second = table.hear(.cancelled(deliberation: "third", calls: nil))
    #expect(second.failures == ["cancelled"])
    #expect(second.stopped == 0)
    _ = table.acknowledge(first + second)
    let third = table.hear(.cancelled(deliberation: "second", calls: nil))
    #expect(third.stopped == 1)
    let ended = table.fail(attempt, ProviderFailure(.cancelled, message: "", remedy: .none))
    #expect(ended.outcomes.map(\.id) == ["second/call.failed/panel/0/0/0"])
    _ = table.acknowledge(ended)
    #expect(table.table.isIdle)
    #expect(table.pass(20).commits.map(\.offset) == [3])
  }

  @Test func `whoever goes on with a request pays for it, and gets its answer`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table)
    _ = table.read(record(1, "second", table))
    _ = table.acknowledge(table.hear(.cancelled(deliberation: "first", calls: nil)))
    let ended = table.answer(attempt)
    #expect(ended.outcomes.map(\.id) == ["second/call.completed/panel/0/0/0"])
    #expect(ended.outcomes.first?.json["cached"]?.bool == false)
    #expect(ended.outcomes.first?.json["cost"]?.number == 0.00005)
    _ = table.acknowledge(ended)
    #expect(table.table.isIdle)
  }

  @Test func `each has its own deadline, and the request goes on for the others`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table, milliseconds: 1_000)
    _ = table.read(record(1, "second", table, milliseconds: 3_000))
    _ = table.read(record(2, "third", table, milliseconds: 2_000))
    let early = table.pass(2_500)
    #expect(early.failures == ["timeout", "timeout"])
    #expect(Set(early.outcomes.map(\.call.deliberation)) == ["first", "third"])
    #expect(early.stopped == 0)
    #expect(table.answer(attempt).outcomes.map(\.call.deliberation) == ["second"])
  }

  @Test func `what the provider refuses is refused to all, and costs the others nothing`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table)
    _ = table.read(record(1, "second", table))
    let ended = table.fail(attempt, ProviderFailure(.contentFilter, status: 400, message: "no", remedy: .none))
    #expect(ended.failures == ["content_filter", "content_filter"])
    #expect(ended.outcomes.last?.json["status"]?.int == 400)
    #expect(ended.kept.isEmpty)
    #expect(ended.attempts.isEmpty)
  }

  @Test func `a budget is one's own: the others ask once more, together`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table)
    for (offset, call) in [(1, "second"), (2, "third")] { _ = table.read(record(Int64(offset), call, table)) }
    let ended = table.fail(attempt, ProviderFailure(.overBudget, message: "", remedy: .none))
    #expect(ended.failures == ["over_budget"])
    let serial = try #require(ended.sought.first)
    let again = try #require(table.find(serial, nil).attempts.first)
    #expect(table.answer(again).outcomes.count == 2)
  }

  @Test func `a pause that is too long for one is waited for by those who have the time`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table, milliseconds: 10_000)
    _ = table.read(record(1, "second", table, milliseconds: 60_000))
    _ = table.read(record(2, "third", table, milliseconds: 5_000))
    let limited = ProviderFailure(.rateLimited, status: 429, message: "", remedy: .later, retryAfter: 20_000)
    let ended = table.fail(attempt, limited)
    #expect(ended.outcomes.map(\.call.deliberation) == ["first", "third"])
    #expect(ended.failures == ["rate_limited", "rate_limited"])
    let serial = try #require(ended.sought.first)
    #expect(table.find(serial, nil).attempts.isEmpty)
    #expect(table.pass(19_900).attempts.isEmpty)
    let again = try #require(table.pass(500).attempts.first)
    #expect(table.answer(again).outcomes.map(\.call.deliberation) == ["second"])
  }

  @Test func `whoever takes over a stream is not shown its middle`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table, stream: gateway)
    _ = table.read(record(1, "second", table, stream: gateway))
    table.table.delta(serial: attempt.serial, number: attempt.number, AnswerDelta(text: "y"), now: table.now)
    let shown = table.pass(20)
    #expect(shown.deltas.count == 1)
    _ = table.acknowledge(shown)
    _ = table.acknowledge(table.hear(.cancelled(deliberation: "first", calls: nil)))
    table.table.delta(serial: attempt.serial, number: attempt.number, AnswerDelta(text: "es"), now: table.now)
    #expect(table.pass(20).deltas.isEmpty)
    #expect(table.answer(attempt).outcomes.map(\.call.deliberation) == ["second"])
  }

  @Test func `a call whose outcome stands elsewhere leaves the others their request`() throws {
    var table = table()
    _ = table.assign()
    let attempt = try lead(&table)
    _ = table.read(record(1, "second", table))
    let gone = table.hear(.ended(calls: [Table.name("first")]))
    #expect(gone.stopped == 0 && gone.outcomes.isEmpty)
    #expect(table.answer(attempt).outcomes.map(\.call.deliberation) == ["second"])
  }

  @Test func `where nothing is kept, those who ask at once still share`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(record(0, "first", table)).attempts.first)
    #expect(table.read(record(1, "second", table)).isEmpty)
    let ended = table.answer(attempt)
    #expect(ended.outcomes.count == 2)
    #expect(ended.kept.isEmpty)
  }
}

import Deliberation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing

/// A second request where the first is slow to begin.
@Suite struct HedgeTests {
  /// A table that knows how fast the model is: it began after 10, 20, … 1,000 ms.
  private func table(_ model: String = "hedged") throws -> (Table, next: Int64) {
    var table = Table()
    _ = table.assign()
    for number in 1...100 {
      let attempt = try #require(table.read(Int64(number), "d\(number)", model: model).attempts.first)
      table.now = table.now + Int64(number) * 10
      _ = table.speak(attempt)
      _ = table.acknowledge(table.answer(attempt))
    }
    return (table, 101)
  }

  private func slow(_ table: inout Table, _ offset: Int64, _ model: String = "hedged") throws -> (Attempt, Attempt) {
    let first = try #require(table.read(offset, "slow\(offset)", model: model).attempts.first)
    #expect(table.pass(900).attempts.isEmpty)
    let second = try #require(table.pass(30).attempts.first)
    #expect(second.serial == first.serial)
    #expect(second.number != first.number)
    #expect(second.execution == first.execution)
    return (first, second)
  }

  @Test func `a second request is made after the percentile of the model's times, and the first to begin goes on`()
    throws
  {
    var (table, offset) = try table()
    let (first, second) = try slow(&table, offset)
    let spoken = table.speak(second)
    #expect(spoken == [.stop(serial: first.serial, number: first.number)])
    #expect(table.answer(first, "late").isEmpty)
    let outcome = try #require(table.answer(second, "soon").outcomes.first)
    #expect(outcome.json["content"]?.string == "soon")
    #expect(outcome.json["tries"]?.array?.map { $0["reason"]?.string } == ["cancelled", nil])
    #expect(outcome.json["cost"]?.number == 0.00005)
    #expect(table.table.figures.hedges == 1)
    #expect(table.table.figures.hedgesWon == 1)
    #expect(table.table.doors.allSatisfy { $0.waiting == 0 })
  }

  @Test func `a first request that begins after all stops the second`() throws {
    var (table, offset) = try table()
    let (first, second) = try slow(&table, offset)
    #expect(table.speak(first) == [.stop(serial: second.serial, number: second.number)])
    #expect(table.speak(second).isEmpty)
    #expect(table.answer(first, "first").outcomes.first?.json["content"]?.string == "first")
    #expect(table.table.figures.hedgesWon == 0)
  }

  @Test func `the second goes to the next provider of the same model`() throws {
    var (table, offset) = try table("hedged-both")
    let (first, second) = try slow(&table, offset, "hedged-both")
    #expect([first.route.provider, second.route.provider] == ["one", "two"])
    let outcome = try #require((table.speak(second) + table.answer(second)).outcomes.first)
    #expect(outcome.json["provider"]?.string == "two")
  }

  @Test func `where one of the two fails the other goes on, and what both bring is a failed try after another`() throws
  {
    var (table, offset) = try table()
    let (first, second) = try slow(&table, offset)
    let down = ProviderFailure(.upstreamError, status: 503, message: "", remedy: .later)
    #expect(table.fail(first, down).isEmpty)
    #expect(table.answer(second).outcomes.first?.isCompleted == true)
    let (third, fourth) = try slow(&table, offset + 1)
    #expect(table.fail(fourth, down).isEmpty)
    #expect(table.fail(third, down).outcomes.isEmpty)
    #expect(!table.pass(2_000).attempts.isEmpty)
  }

  @Test func `a second request that finds no room costs nothing of what may be asked twice`() throws {
    var (table, offset) = try table()
    for _ in 0..<15 {
      let first = try #require(table.read(offset, "full\(offset)", model: "hedged").attempts.first)
      table.table.told(
        serial: first.serial, number: first.number, RateLimits(requests: .init(remaining: 0, whole: 1_200)),
        now: table.now)
      #expect(table.pass(1_000).attempts.isEmpty)
      _ = table.acknowledge(table.answer(first))
      _ = table.pass(500)
      offset += 1
    }
    let first = try #require(table.read(offset, "slow", model: "hedged").attempts.first)
    #expect(table.pass(5_000).attempts.map(\.serial) == [first.serial])
  }

  @Test func `where a provider stayed silent no other way to it is gone, also beside a second request`() {
    var tries = Tries([
      Route(provider: "one", model: "m", name: "m-1"), Route(provider: "one", model: "n", name: "n-1"),
      Route(provider: "two", model: "m", name: "m-2"),
    ])
    tries.besides(
      0, ProviderFailure(.timeout, message: "", remedy: .later, stayedSilent: true), milliseconds: 1)
    #expect(tries.untried == [2])
  }

  @Test func `a cancellation stops both`() throws {
    var (table, offset) = try table()
    let (first, second) = try slow(&table, offset)
    let stopped = table.hear(.cancelled(deliberation: "slow\(offset)", calls: nil))
    #expect(stopped.stopped == 2)
    #expect(table.fail(first, ProviderFailure(.cancelled, message: "", remedy: .none)).failures == ["cancelled"])
    #expect(table.answer(second).isEmpty)
  }

  @Test func `what has begun, what nobody wants it of, and what too little is known of, is asked once`() throws {
    var (table, offset) = try table()
    let begun = try #require(table.read(offset, "begun", model: "hedged").attempts.first)
    _ = table.speak(begun)
    #expect(table.pass(20_000).attempts.isEmpty)
    #expect(table.read(offset + 1, "plain").attempts.count == 1)
    #expect(table.pass(20_000).attempts.isEmpty)
    var fresh = Table()
    _ = fresh.assign()
    #expect(fresh.read(0, "d", model: "hedged").attempts.count == 1)
    #expect(fresh.pass(20_000).attempts.isEmpty)
  }

  @Test func `a model that has become slow for all is not asked twice for each`() throws {
    var (table, offset) = try table()
    for number in 0..<60 { _ = table.read(offset + Int64(number), "s\(number)", model: "hedged") }
    let seconds = table.pass(2_000).attempts.count
    #expect(seconds >= Int(Pace.burst) && seconds < 30)
  }

  @Test func `times of those that were outrun count, so that the bound does not creep down`() {
    var pace = Pace()
    for _ in 0..<100 { pace.took(100) }
    for _ in 0..<10 { pace.took(400) }
    #expect(pace.limit(95) == 400)
    #expect(pace.limit(50) == 100)
  }

  @Test(arguments: [#"{"percentile":49}"#, #"{"percentile":100}"#, #"{"percentile":"95"}"#, "95"])
  func `a hedge that is no percentile is refused with its place`(_ text: String) throws {
    let configuration: JSON = ["models": [["slug": "a/b", "hedge": try JSON.parse(Array(text.utf8))]]]
    let error = try #require(throws: Hedges.Wrong.self) { try Hedges(configuration) }
    #expect(error.description.hasPrefix("models[0].hedge: write"))
  }

  @Test func `an entry for all of an author's models counts for each`() throws {
    let hedges = try Hedges(["models": [["slug": "a/*", "hedge": ["percentile": 95]], ["slug": "b/c"]]])
    #expect(hedges.percentile("a/x") == 95)
    #expect(hedges.percentile("b/c") == nil)
  }

  @Test func `a call that stood before the door of a provider that was down has its whole time once it is in`() throws {
    var table = Table(gate: Gate(limit: 100))
    _ = table.assign()
    let down = ProviderFailure(.upstreamError, status: 503, message: "", remedy: .elsewhere)
    for number in 0..<Gate.failuresToOpen {
      let attempt = try #require(table.read(Int64(number), "d\(number)").attempts.first)
      _ = table.acknowledge(table.fail(attempt, down))
    }
    #expect(table.read(100, "waits").attempts.isEmpty)
    let attempt = try #require(table.pass(Gate.firstRest + 50).attempts.first)
    #expect(table.pass(40_000).stopped == 0)
    #expect(table.answer(attempt).outcomes.first?.isCompleted == true)
  }
}

extension OnABroker {
  @Suite(.timeLimit(.minutes(2))) struct HedgingTests {
    @Test func `a request that stays silent is joined by a second, whose answer ends it, and its connection is closed`()
      async throws
    {
      let simulator = try SimulatorProcess(["--latency", "0"])
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a", hedge: 95)
      await caller.ready()
      for _ in 0..<Pace.least { try await stage.command() }
      await eventually("its usual times are known") { stage.events.count == Pace.least }
      let call = try await stage.command(question: "Why? [simulate panel/0/0 silent+fail-first-1]")
      let outcome = try await stage.outcome(call)
      #expect(outcome["reason"] == nil)
      #expect(outcome["tries"]?.array?.compactMap { $0["reason"]?.string } == ["cancelled"])
      let end = ContinuousClock.now + .seconds(10)
      while try await simulator.metric("conclave_simulator_in_flight") > 0, ContinuousClock.now < end {
        await pace(.milliseconds(5))
      }
      #expect(try await simulator.metric("conclave_simulator_in_flight") == 0)
      #expect(try await simulator.metric("conclave_simulator_calls_repeated_total") == 0)
      await eventually("it is counted") { caller.metric("conclave_calls_hedges_won_total") == 1 }
    }
  }
}

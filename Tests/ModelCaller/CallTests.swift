import Bus
import Deliberation
import ModelCaller
import Models
import Testing

@Suite struct CallTests {
  @Test func `a command is performed, its outcome written under its derived id, and then its offset committed`() throws
  {
    var table = Table()
    #expect(table.assign() == [])
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(attempt.route.name == "m-1")
    let written = table.answer(attempt)
    let outcome = try #require(written.outcomes.first)
    #expect(outcome.id == "d1/call.completed/panel/0/0/0")
    #expect(outcome.type == "conclave.call.completed.v1")
    #expect(outcome.json["content"]?.string == "yes")
    #expect(outcome.json["execution"]?.string == attempt.execution)
    #expect(outcome.json["cost"]?.number == 0.00005)
    #expect(table.pass(50).commits.isEmpty)
    #expect(table.acknowledge(written) == [])
    let commits = table.pass(20).commits
    #expect(commits.map(\.offset) == [1])
    #expect(table.table.isIdle)
  }

  @Test func `an outcome is read back by the fold as what it is`() throws {
    var table = Table()
    _ = table.assign()
    let good = try #require(table.read(0, "d1").attempts.first)
    let completed = try #require(table.answer(good).outcomes.first)
    guard
      case .callCompleted(let event)? = try Event.parse(
        type: completed.type, id: completed.id, value: completed.value)
    else {
      Issue.record("not a completed call")
      return
    }
    #expect(event.content == "yes")
    #expect(event.usage?.totalTokens == 30)
    #expect(event.tries.count == 1)
    let bad = try #require(table.read(1, "d2").attempts.first)
    let failed = try #require(
      table.fail(bad, ProviderFailure(.contentFilter, status: 400, message: "no", remedy: .none)).outcomes.first)
    guard case .callFailed(let event)? = try Event.parse(type: failed.type, id: failed.id, value: failed.value) else {
      Issue.record("not a failed call")
      return
    }
    #expect(event.reason == .contentFilter)
    #expect(event.status == 400)
    #expect(failed.id == "d2/call.failed/panel/0/0/0")
  }

  @Test func `what finished above the lowest open offset is in the commit's map`() throws {
    var table = Table()
    _ = table.assign()
    _ = table.read(0, "slow")
    for offset in 1...3 { try table.perform(Int64(offset), "d\(offset)") }
    let commit = try #require(table.pass(20).commits.last)
    #expect(commit.offset == 0)
    var next = Table(instance: "caller-b")
    next.now = table.now
    #expect(next.assign(committed: commit.offset, metadata: commit.metadata) == [])
    #expect(next.read(0, "slow").attempts.count == 1)
    for offset in 1...3 { #expect(next.read(Int64(offset), "d\(offset)").attempts.isEmpty) }
    #expect(next.read(4, "d4").attempts.count == 1)
  }

  @Test func `one commit is under way at a time, and what ended meanwhile goes with the next`() throws {
    var table = Table()
    _ = table.assign()
    try table.perform(0, "d0")
    table.now = table.now + 10
    table.table.tick(table.now)
    #expect(table.table.take().commits.map(\.offset) == [1])
    try table.perform(1, "d1")
    table.now = table.now + 50
    table.table.tick(table.now)
    #expect(table.table.take().commits.isEmpty)
    table.table.committed(true, now: table.now)
    #expect(table.table.take().commits.map(\.offset) == [2])
    table.table.committed(false, now: table.now)
    // a commit that failed is made again
    #expect(table.pass(1_000).commits.map(\.offset) == [2])
  }

  @Test func `a commit comes within 20 ms of an acknowledged outcome`() throws {
    var table = Table()
    _ = table.assign()
    try table.perform(0, "d0")
    let end = table.now
    let wake = try #require(table.table.wake)
    #expect(wake - end <= 10)
  }

  @Test func `the same command while its call runs is performed once and finishes both offsets`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(table.read(1, "d1").isEmpty)
    let written = table.answer(attempt)
    #expect(written.outcomes.count == 1)
    _ = table.acknowledge(written)
    #expect(table.pass(20).commits.map(\.offset) == [2])
  }

  @Test func `a command whose call has ended is answered from memory with the same event`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    let first = table.answer(attempt)
    _ = table.acknowledge(first)
    let again = table.read(1, "d1")
    #expect(again.attempts.isEmpty)
    let replay = try #require(again.outcomes.first)
    #expect(replay.id == first.outcomes.first?.id)
    #expect(replay.json["replayed"]?.bool == true)
    #expect(replay.json["execution"]?.string == attempt.execution)
    #expect(table.pass(20).commits.last?.offset == 1)
    _ = table.acknowledge(again)
    #expect(table.pass(20).commits.last?.offset == 2)
  }

  @Test func `the memory of outcomes is bounded`() throws {
    var table = Table { $0.replays = 2 }
    _ = table.assign()
    for offset in 0..<3 { try table.perform(Int64(offset), "d\(offset)") }
    #expect(table.read(3, "d2").outcomes.count == 1)
    #expect(table.read(4, "d0").attempts.count == 1)
  }

  @Test func `a call out of time is stopped and failed as timeout, with what was received`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(table.pass(60_100).stopped == 1)
    var partial = ProviderAnswer()
    partial.content = "half"
    let ended = table.fail(attempt, ProviderFailure(.cancelled, message: "", remedy: .none), partial)
    #expect(ended.failures == ["timeout"])
    #expect(ended.outcomes.first?.json["content"]?.string == "half")
  }

  @Test func `an expired command is answered without a request`() throws {
    var table = Table()
    _ = table.assign()
    let actions = table.read(Table.record(0, "d1", deadline: table.now - 1))
    #expect(actions.attempts.isEmpty)
    #expect(actions.failures == ["expired"])
    #expect(actions.outcomes.first?.json["cost"]?.number == 0)
  }

  @Test func `a model that nobody serves fails at once`() {
    var table = Table()
    _ = table.assign()
    #expect(table.read(0, "d1", model: "unknown").failures == ["upstream_error"])
  }

  @Test func `what is no command is a dead letter, and its offset moves when that is acknowledged`() {
    var table = Table()
    _ = table.assign()
    let good = Table.record(0, "d", deadline: table.now)
    let records = [
      Record(topic: "calls", partition: 0, offset: 0, timestamp: 0, key: nil, value: nil, headers: good.headers),
      Record(topic: "calls", partition: 0, offset: 1, timestamp: 0, key: nil, value: good.value, headers: []),
      Record(topic: "calls", partition: 0, offset: 2, timestamp: 0, key: nil, value: [0xFF], headers: good.headers),
      Record(
        topic: "calls", partition: 0, offset: 3, timestamp: 0, key: nil, value: Array("[]".utf8), headers: good.headers),
      Record(
        topic: "calls", partition: 0, offset: 4, timestamp: 0, key: nil, value: Array("{}".utf8), headers: good.headers),
    ]
    var dead: [Action] = []
    for record in records { dead += table.read(record) }
    #expect(dead.deadLetters.count == 5)
    #expect(table.pass(20).commits.isEmpty)
    _ = table.acknowledge(dead)
    #expect(table.pass(20).commits.map(\.offset) == [5])
  }

  @Test func `an answer longer than its share is a failed call`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(table.answer(attempt, String(repeating: "\"", count: 60_000)).failures == ["too_large"])
  }

  @Test func `an outcome that is refused is told without what made it too long`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(table.acknowledge(table.answer(attempt), .tooLarge).isEmpty)
    let again = table.pass(2_000)
    #expect(again.failures == ["too_large"])
    _ = table.acknowledge(again)
    #expect(table.table.isIdle)
  }

  @Test func `a paid answer that is refused for another reason than its size is told again as it is`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(table.acknowledge(table.answer(attempt), .refused).isEmpty)
    let again = table.pass(2_000)
    #expect(again.outcomes.map(\.isCompleted) == [true])
    _ = table.acknowledge(again)
    #expect(table.table.isIdle)
  }

  @Test func `a replay and a dead letter that can never be written leave room and an offset behind`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    _ = table.acknowledge(table.answer(attempt))
    let garbage = Record(
      topic: "calls", partition: 0, offset: 2, timestamp: 0, key: nil, value: [1], headers: [])
    // the same call once more is answered with what is known
    let replay = table.read(1, "d1")
    #expect(replay.outcomes.count == 1)
    _ = table.acknowledge(replay, .tooLarge)
    _ = table.acknowledge(table.read(garbage), .refused)
    #expect(table.table.isIdle)
    #expect(table.pass(1_000).commits.last?.offset == 3)
  }
}

import Bus
import Deliberation
import ModelCaller
import Models
import Testing

@Suite struct DeltaTests {
  private let gateway = ReplyAddress(partition: 3, gateway: "g-0", incarnation: "i1")

  private func watched(_ table: inout Table, _ offset: Int64, _ call: String, tools: [JSON] = []) throws -> Attempt {
    try #require(
      table.read(Table.record(offset, call, deadline: table.now + 60_000, stream: gateway, tools: tools)).attempts.first
    )
  }

  @Test func `pieces of many calls are gathered into one record within 10 ms`() throws {
    var table = Table()
    _ = table.assign()
    let one = try watched(&table, 0, "d1")
    let two = try watched(&table, 1, "d2")
    table.table.delta(serial: one.serial, number: 1, AnswerDelta(text: "Grüß"), now: table.now)
    table.table.delta(serial: two.serial, number: 1, AnswerDelta(reasoning: "hm"), now: table.now)
    table.table.delta(serial: one.serial, number: 1, AnswerDelta(text: " dich"), now: table.now)
    #expect(table.table.take().isEmpty)
    let record = try #require(table.pass(10).deltas.first)
    #expect(record.address == gateway)
    #expect(record.deltas.count == 2)
    #expect(record.deltas[0]["text"]?.string == "Grüß dich")
    #expect(record.deltas[0]["offset"]?.int == 0)
    #expect(record.deltas[0]["execution"]?.string == one.execution)
    #expect(record.deltas[0]["call"]?.string == Table.name("d1"))
    #expect(record.deltas[1]["reasoning"]?.string == "hm")
    table.table.delta(serial: one.serial, number: 1, AnswerDelta(text: "!"), now: table.now)
    #expect(table.pass(10).deltas.first?.deltas.first?["offset"]?.int == Int64("Grüß dich".utf8.count))
  }

  @Test func `an outcome is written only when all of its text is acknowledged`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try watched(&table, 0, "d1")
    table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(text: "a"), now: table.now)
    let first = table.pass(10)
    table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(text: "b"), now: table.now)
    let second = table.answer(attempt) + table.pass(0)
    #expect(second.deltas.count == 1)
    #expect(second.outcomes.isEmpty)
    #expect(table.acknowledge(second).outcomes.isEmpty)
    #expect(table.acknowledge(first).outcomes.count == 1)
  }

  @Test func `text that a gateway cannot be given does not keep the outcome back`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try watched(&table, 0, "d1")
    table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(text: "a"), now: table.now)
    let ended = table.answer(attempt) + table.pass(0)
    #expect(table.acknowledge(ended, .refused).outcomes.count == 1)
  }

  @Test func `however many calls end, a gateway gets one record in 10 ms, and each outcome waits for its text`() throws
  {
    var table = Table()
    _ = table.assign()
    var attempts: [Attempt] = []
    for offset in 0..<50 {
      _ = table.pass(200)
      attempts.append(try watched(&table, Int64(offset), "d\(offset)"))
    }
    let begun = table.now
    var actions: [Action] = []
    for attempt in attempts {
      table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(text: "all of it"), now: table.now)
      actions += table.answer(attempt) + table.pass(2)
    }
    actions += table.pass(10)
    #expect(actions.outcomes.isEmpty)
    #expect(actions.deltas.count <= Int(table.now - begun) / 10 + 1)
    #expect(actions.deltas.flatMap(\.deltas).count == 50)
    #expect(table.acknowledge(actions).outcomes.count == 50)
  }

  @Test func `the first piece after a pause goes at once`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try watched(&table, 0, "d1")
    table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(text: "a"), now: table.now)
    #expect(table.pass(0).deltas.count == 1)
    table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(text: "b"), now: table.now)
    #expect(table.pass(8).deltas.isEmpty)
    #expect(table.pass(2).deltas.count == 1)
  }

  @Test func `a call that is offered fusion shows no tool calls while they come`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try watched(&table, 0, "d1", tools: [["type": "function", "function": ["name": "fusion"]]])
    table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(toolCalls: [["index": 0]]), now: table.now)
    #expect(table.pass(10).deltas.isEmpty)
    table.table.delta(
      serial: attempt.serial, number: 1, AnswerDelta(text: "x", toolCalls: [["index": 0]]), now: table.now)
    #expect(table.pass(10).deltas.first?.deltas.first?["tool_calls"] == nil)
  }

  @Test func `pieces of an earlier try, and of a call that is being stopped, are dropped`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try watched(&table, 0, "d1")
    table.table.delta(serial: attempt.serial, number: 9, AnswerDelta(text: "old"), now: table.now)
    _ = table.hear(.cancelled(deliberation: "d1", calls: nil))
    table.table.delta(serial: attempt.serial, number: 1, AnswerDelta(text: "late"), now: table.now)
    #expect(table.pass(20).deltas.isEmpty)
  }

  @Test func `much text goes at once, in records of bounded size`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try watched(&table, 0, "d1")
    for _ in 0..<4 {
      table.table.delta(
        serial: attempt.serial, number: 1, AnswerDelta(text: String(repeating: "x", count: 60_000)), now: table.now)
    }
    let records = table.table.take().deltas
    #expect(records.count == 2)
    #expect(records.allSatisfy { $0.value.count < 200_000 })
  }
}

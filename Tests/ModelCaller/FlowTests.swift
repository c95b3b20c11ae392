import Bus
import Deliberation
import ModelCaller
import Models
import Testing

@Suite struct FlowTests {
  @Test func `what comes to a full lane waits in it, and the partitions take turns`() throws {
    var table = Table(inFlight: 2)
    _ = table.assign()
    _ = table.assign(1)
    var actions: [Action] = []
    for offset in 0..<4 { actions += table.read(Int64(offset), "d\(offset)") }
    for offset in 0..<2 { actions += table.read(Int64(offset), "e\(offset)", partition: 1) }
    let first = actions.attempts
    #expect(first.map(\.command.call.deliberation) == ["d0", "d1"])
    #expect(actions.paused.isEmpty)
    #expect(table.table.waiting == 4)
    var begun: [String] = []
    var open = first
    while let attempt = open.popLast() {
      let next = table.finish(attempt).attempts
      begun += next.map(\.command.call.deliberation)
      open += next
    }
    #expect(begun == ["d2", "e0", "d3", "e1"])
    #expect(table.table.waiting == 0)
  }

  @Test func `a lane in which too much waits pauses its partitions until half of it is gone`() throws {
    var table = Table(inFlight: 1) { $0.waiting = 4 }
    _ = table.assign()
    _ = table.assign(1)
    var actions = table.read(0, "other", partition: 1)
    for offset in 0..<6 { actions += table.read(Int64(offset), "d\(offset)") }
    #expect(actions.attempts.count == 1)
    #expect(actions.paused == [0, 1])
    #expect(table.table.waiting == 4)
    actions = try table.finish(#require(actions.attempts.first))
    #expect(actions.resumed.isEmpty)
    actions = try table.finish(#require(actions.attempts.first))
    // each goes on behind what was read of it
    #expect(actions.resumed == [4, 1])
    // what had been read behind the pause comes again
    _ = table.read(4, "d4")
    #expect(table.table.waiting == 3)
  }

  @Test func `what waits is bounded by its bytes too`() {
    var table = Table(inFlight: 1) { $0.waitingBytes = 5_000 }
    _ = table.assign()
    var offset: Int64 = 0
    while offset < 20, table.read(offset, "d\(offset)").paused.isEmpty { offset += 1 }
    #expect((2...5).contains(table.table.waiting))
  }

  @Test func `what waits goes with its partition, unfinished, and the others' stays`() throws {
    var table = Table(inFlight: 1)
    _ = table.assign()
    _ = table.assign(1)
    let attempt = try #require(table.read(0, "d0").attempts.first)
    for offset in 1..<3 { _ = table.read(Int64(offset), "d\(offset)") }
    _ = table.read(0, "e0", partition: 1)
    let gone = table.revoke()
    let commit = try #require(gone.commits.first)
    let map = OffsetMap.decode(commit.metadata, base: commit.offset)
    #expect(commit.offset == 0)
    #expect(map.marks == [0])
    #expect(!map.isFinished(1))
    #expect(table.table.waiting == 1)
    let next = table.finish(attempt).attempts
    #expect(next.map(\.command.call.deliberation) == ["e0"])
  }

  @Test func `what was cancelled or is over while it waits is not begun`() throws {
    var table = Table(inFlight: 1)
    _ = table.assign()
    let attempt = try #require(table.read(0, "d0").attempts.first)
    _ = table.read(1, "d1")
    _ = table.read(Table.record(2, "d2", deadline: table.now + 100))
    _ = table.hear(.cancelled(deliberation: "d1", calls: nil))
    _ = table.pass(200)
    let actions = table.finish(attempt)
    #expect(actions.attempts.isEmpty)
    #expect(actions.failures.suffix(2) == ["cancelled", "expired"])
  }

  @Test func `a partition that comes in while too much waits is paused at its first record`() throws {
    var table = Table(inFlight: 1) { $0.waiting = 2 }
    _ = table.assign()
    var attempt = try #require(table.read(0, "d0").attempts.first)
    for offset in 1..<3 { _ = table.read(Int64(offset), "d\(offset)") }
    #expect(table.assign(1, committed: nil).isEmpty)
    let actions = table.read(5, "d5", partition: 1)
    #expect(actions.attempts.isEmpty)
    #expect(actions.paused == [1])
    let ended = table.finish(attempt)
    #expect(ended.resumed == [3, 5])
    attempt = try #require(ended.attempts.first)
    #expect(attempt.command.call.deliberation == "d1")
  }

  @Test func `a partition whose map is nearly full is paused alone`() throws {
    var table = Table(inFlight: 100_000, room: 100_000)
    _ = table.assign()
    _ = table.assign(1)
    var offset: Int64 = 0
    var paused: [Int32] = []
    // every second one stays open, which is the map that packs worst
    while paused.isEmpty, offset < 40_000 {
      var actions = table.read(offset, "d\(offset)")
      if offset % 2 == 1, let attempt = actions.attempts.first {
        actions += table.answer(attempt)
        actions += table.acknowledge(actions)
      }
      if offset % 5_000 == 0 { actions += table.pass(20) }
      paused = actions.paused
      offset += 1
    }
    #expect(paused == [0])
    #expect(table.read(0, "e0", partition: 1).attempts.count == 1)
    let commit = try #require(table.pass(20).commits.last { $0.partition == 0 })
    let map = OffsetMap.decode(commit.metadata, base: commit.offset)
    let kept = (map.isFinished(3), map.isFinished(4))
    #expect(kept == (true, false))
    #expect((3_000...4_096).contains(commit.metadata.utf8.count))
  }

  @Test func `a provider without room lets calls wait in a row`() throws {
    var table = Table(room: 2)
    _ = table.assign()
    var attempts: [Attempt] = []
    for offset in 0..<4 { attempts += table.read(Int64(offset), "d\(offset)").attempts }
    #expect(attempts.map(\.command.call.deliberation) == ["d0", "d1"])
    #expect(table.answer(attempts[1]).attempts.map(\.command.call.deliberation) == ["d2"])
    // the one in the row that is cancelled takes no room
    #expect(table.hear(.cancelled(deliberation: "d3", calls: nil)).failures == ["cancelled"])
    #expect(table.answer(attempts[0]).attempts.isEmpty)
    #expect(table.read(4, "d4").attempts.count == 1)
  }

  @Test func `a record that is read twice is taken once`() {
    var table = Table()
    _ = table.assign()
    #expect(table.read(0, "d0").attempts.count == 1)
    #expect(table.read(0, "d0").isEmpty)
  }

  @Test func `a lost position forgets what was known of the offsets`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(7, "d7").attempts.first)
    table.table.positionLost(0, now: table.now)
    #expect(table.read(0, "d0").attempts.count == 1)
    _ = table.acknowledge(table.answer(attempt))
    // the call of before ended; the offset that it stood at is another's now
    #expect(table.pass(20).commits.isEmpty)
  }

  @Test func `what waits when its position is lost is performed all the same, and finishes nothing`() throws {
    var table = Table(inFlight: 1)
    _ = table.assign()
    let attempt = try #require(table.read(7, "d7").attempts.first)
    _ = table.read(8, "d8")
    table.table.positionLost(0, now: table.now)
    _ = table.read(0, "d0")
    let next = table.finish(attempt).attempts
    #expect(next.map(\.command.call.deliberation) == ["d8"])
    let last = try table.finish(#require(next.first)).attempts
    #expect(last.map(\.command.call.deliberation) == ["d0"])
    #expect(table.pass(20).commits.isEmpty)
    _ = try table.finish(#require(last.first))
    #expect(table.pass(20).commits.map(\.offset) == [1])
  }

  @Test func `an outcome on its way to the log leaves its place to the next call, but not without end`() throws {
    var table = Table(inFlight: 1)
    _ = table.assign()
    let first = try #require(table.read(0, "d0").attempts.first)
    for offset in 1..<4 { _ = table.read(Int64(offset), "d\(offset)") }
    var actions = table.answer(first)
    let written = actions
    let second = try #require(actions.attempts.first)
    actions = table.answer(second)
    #expect(actions.outcomes.count == 1)
    #expect(actions.attempts.isEmpty)
    #expect(table.acknowledge(written).attempts.map(\.command.call.deliberation) == ["d2"])
    #expect(table.acknowledge(actions).attempts.isEmpty)
  }
}

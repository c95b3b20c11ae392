import Bus
import Deliberation
import ModelCaller
import Models
import Testing

@Suite struct FlowTests {
  @Test func `a full lane pauses its partitions and goes on where it stopped taking`() throws {
    var table = Table(inFlight: 10)
    _ = table.assign()
    _ = table.assign(1)
    _ = table.read(0, "other", partition: 1)
    var attempts: [Attempt] = []
    var paused: [Int32] = []
    for offset in 0..<12 {
      let actions = table.read(Int64(offset), "d\(offset)")
      attempts += actions.attempts
      paused += actions.paused
    }
    #expect(attempts.count == 9)
    #expect(paused == [0, 1])
    #expect(table.acknowledge(table.answer(attempts[0])).resumed == [9, 1])
    // what had been read behind the pause comes again
    #expect(table.read(9, "d9").attempts.count == 1)
  }

  @Test func `a partition that comes in while the lane is full is paused at its first record`() throws {
    var table = Table(inFlight: 1)
    _ = table.assign()
    let attempt = try #require(table.read(0, "d0").attempts.first)
    #expect(table.assign(1, committed: nil).isEmpty)
    let actions = table.read(5, "d5", partition: 1)
    #expect(actions.attempts.isEmpty)
    #expect(actions.paused == [1])
    #expect(table.acknowledge(table.answer(attempt)).resumed == [1, 5])
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
}

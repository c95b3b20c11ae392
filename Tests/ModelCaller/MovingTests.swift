import Bus
import Deliberation
import ModelCaller
import Models
import Testing

/// A partition moves from one caller to another while its calls run.
@Suite struct MovingTests {
  /// One call runs at `a` (offset 1 of 0...2, the others done), and the partition goes to `b`.
  private func moved(
    lost: Bool = false
  ) throws -> (a: Table, b: Table, attempt: Attempt, said: [Action]) {
    var a = Table(instance: "a")
    _ = a.assign()
    try a.perform(0, "d0")
    let attempt = try #require(a.read(1, "d1").attempts.first)
    try a.perform(2, "d2")
    let before = try #require(a.pass(20).commits.last)
    let (commits, said) = a.revoke(lost: lost)
    let last = commits.last ?? before
    var b = Table(instance: "b")
    b.now = a.now
    _ = b.assign(committed: last.offset, metadata: last.metadata)
    return (a, b, attempt, said)
  }

  @Test func `the last commit marks what runs, and the old owner names it at once and every second`() throws {
    var (a, _, _, said) = try moved()
    #expect(said.signals == [.running(instance: "a", calls: [Table.name("d1")])])
    #expect(said.stopped == 0)
    #expect(a.pass(3_500).signals.count == 3)
  }

  @Test func `a call that stands before a door is left to who names it, as long as it is named`() throws {
    var b = Table(instance: "b", room: 1)
    _ = b.assign()
    let running = try #require(b.read(0, "d0").attempts.first)
    #expect(b.read(1, "d1").attempts.isEmpty)
    _ = b.hear(.running(instance: "a", calls: [Table.name("d0"), Table.name("d1")]))
    #expect(b.answer(running).attempts.isEmpty)
    #expect(b.pass(2_900).attempts.isEmpty)
    #expect(b.pass(200).attempts.count == 1)
  }

  @Test func `the new owner does not start a marked call while it is named`() throws {
    var (_, b, _, _) = try moved()
    #expect(b.read(1, "d1").attempts.isEmpty)
    for _ in 0..<10 {
      #expect(b.pass(1_000).attempts.isEmpty)
      _ = b.hear(.running(instance: "a", calls: [Table.name("d1")]))
    }
    #expect(b.table.held == 1)
  }

  @Test func `when its outcome is acknowledged the old owner says so and the new one finishes the offset`() throws {
    var (a, b, attempt, _) = try moved()
    _ = b.read(1, "d1")
    let written = a.answer(attempt)
    #expect(written.signals.isEmpty)
    let ended = a.acknowledge(written)
    #expect(ended.signals == [.ended(calls: [Table.name("d1")])])
    #expect(a.table.isIdle)
    #expect(b.hear(.ended(calls: [Table.name("d1")])).outcomes.isEmpty)
    #expect(b.read(2, "d2").attempts.isEmpty)
    #expect(b.pass(20).commits.last?.offset == 3)
    #expect(b.table.isIdle)
  }

  @Test func `an end that was heard before the command was read finishes it too`() throws {
    var (_, b, _, _) = try moved()
    _ = b.hear(.ended(calls: [Table.name("d1")]))
    #expect(b.read(1, "d1").isEmpty)
    #expect(b.pass(20).commits.last?.offset == 2)
  }

  @Test func `a marked call that nobody names for 3 s is started, counted from when reading began`() throws {
    var (_, b, _, _) = try moved()
    #expect(b.pass(2_000).attempts.isEmpty)
    #expect(b.read(1, "d1").attempts.isEmpty)
    #expect(b.pass(950).attempts.isEmpty)
    #expect(b.pass(100).attempts.count == 1)
  }

  @Test func `naming another call does not keep this one waiting`() throws {
    var (_, b, _, _) = try moved()
    _ = b.read(1, "d1")
    _ = b.pass(2_000)
    _ = b.hear(.running(instance: "a", calls: [Table.name("d9")]))
    #expect(b.pass(1_100).attempts.count == 1)
  }

  @Test func `every commit of the new owner carries the marks on`() throws {
    var (_, b, _, _) = try moved()
    _ = b.read(1, "d1")
    _ = b.read(2, "d2")
    try b.perform(3, "d3")
    let commit = try #require(b.pass(20).commits.last)
    #expect(commit.offset == 1)
    var c = Table(instance: "c")
    c.now = b.now
    _ = c.assign(committed: commit.offset, metadata: commit.metadata)
    #expect(c.read(1, "d1").attempts.isEmpty)
    #expect(c.read(2, "d2").attempts.isEmpty)
    #expect(c.read(3, "d3").attempts.isEmpty)
    #expect(c.table.held == 1)
    // also when it never read them itself
    var silent = Table(instance: "e")
    silent.now = b.now
    _ = silent.assign(committed: commit.offset, metadata: commit.metadata)
    let last = try #require(silent.revoke().commits.last)
    #expect(OffsetMap.decode(last.metadata, base: last.offset).isMarked(1))
  }

  @Test func `a partition that comes back finds its call still running`() throws {
    var (a, b, attempt, _) = try moved()
    _ = b.read(1, "d1")
    let back = try #require(b.revoke().commits.last)
    #expect(b.table.isIdle)
    _ = a.assign(committed: back.offset, metadata: back.metadata)
    #expect(a.read(1, "d1").attempts.isEmpty)
    #expect(a.table.orphans == 0)
    _ = a.acknowledge(a.answer(attempt))
    _ = a.read(2, "d2")
    #expect(a.pass(20).commits.last?.offset == 3)
  }

  @Test func `a partition that comes back after its call has ended is not answered twice`() throws {
    var (a, b, attempt, _) = try moved()
    let back = try #require(b.revoke().commits.last)
    _ = a.acknowledge(a.answer(attempt))
    _ = a.assign(committed: back.offset, metadata: back.metadata)
    #expect(a.read(1, "d1").isEmpty)
    _ = a.read(2, "d2")
    #expect(a.pass(20).commits.last?.offset == 3)
  }

  @Test func `a lost partition is not committed, and its calls are kept by being named`() throws {
    var (a, b, attempt, said) = try moved(lost: true)
    #expect(said.signals == [.running(instance: "a", calls: [Table.name("d1")])])
    _ = b.hear(said.signals[0])
    #expect(b.read(1, "d1").attempts.isEmpty)
    #expect(b.table.held == 1)
    let ended = a.acknowledge(a.answer(attempt))
    _ = b.hear(ended.signals[0])
    #expect(b.table.isIdle)
  }

  @Test func `a killed caller's calls are started at once`() throws {
    var a = Table(instance: "a")
    _ = a.assign()
    _ = a.read(0, "d0")
    try a.perform(1, "d1")
    let commit = try #require(a.pass(20).commits.last)
    var b = Table(instance: "a")
    b.now = a.now
    _ = b.assign(committed: commit.offset, metadata: commit.metadata)
    #expect(b.read(0, "d0").attempts.count == 1)
    #expect(b.read(1, "d1").attempts.isEmpty)
  }

  @Test func `a call that another caller ended is stopped here and not written`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    #expect(table.hear(.ended(calls: [Table.name("d1")])).stopped == 1)
    let ended = table.fail(attempt, ProviderFailure(.cancelled, message: "", remedy: .none))
    #expect(ended.outcomes.isEmpty)
    #expect(table.table.isIdle)
    #expect(table.pass(20).commits.last?.offset == 1)
  }

  @Test func `a cancelled call that is held is answered when it is claimed`() throws {
    var (_, b, _, _) = try moved()
    _ = b.read(1, "d1")
    _ = b.hear(.cancelled(deliberation: "d1", calls: nil))
    #expect(b.pass(3_100).failures == ["cancelled"])
  }

  @Test func `an acknowledgement after the partition went and came back finishes nothing of its own`() throws {
    var table = Table()
    _ = table.assign()
    let attempt = try #require(table.read(0, "d1").attempts.first)
    let (commits, _) = table.revoke()
    let last = try #require(commits.last)
    _ = table.assign(committed: last.offset, metadata: last.metadata)
    let written = table.answer(attempt)
    _ = table.acknowledge(written)
    // it was an orphan when it ended: the offset is finished when its command is read again
    #expect(table.read(0, "d1").isEmpty)
    #expect(table.pass(20).commits.last?.offset == 1)
  }
}

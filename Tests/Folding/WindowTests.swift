import Folding
import Testing

@Suite("What ended before the first record that is read") struct WindowTests {
  /// A partition whose first ten records are the window: `old` was opened there and ended.
  private func bench(
    acknowledged: Int64 = 13, reopened: [String]? = [], end: Int64 = 14
  ) -> (bench: Bench, window: Window<Toy>) {
    var window = Window(decider: Toy(), offsets: 0..<10, limits: FoldLimits())
    for (offset, type) in ["opened", "noted", "ended"].enumerated() {
      window.read(Bench.record("old", type, at: Int64(offset)))
    }
    window.read(Bench.record("loose", "vote", at: 3))
    #expect(!window.isComplete)
    window.advanced(to: 10)
    #expect(window.isComplete)
    let bench = Bench(
      committed: 10, acknowledged: acknowledged, reopened: reopened, window: 0..<10, start: 10, end: end)
    return (bench, window)
  }

  @Test("is not waited for by what was opened since, where that was told with the offset") func whole() {
    var (bench, window) = bench()
    #expect(bench.read("a", "opened") == [])
    #expect(bench.read("a", "noted") == [])
    #expect(bench.read("a", "vote", "v1") == [])
    #expect(bench.read("b", "opened") == [], "behind the second offset nobody has told")
    #expect(bench.fold.openCount == 1)
    #expect(bench.fold.waitingCount == 1)
    #expect(bench.read("a", "vote", "v2") == ["a/end"])
    #expect(bench.read("b", "noted") == [])
    #expect(bench.read("c", "opened") == [])
    #expect(bench.fold.waitingCount == 2)
    #expect(bench.tick(50_000) == [], "what waits has no timers")
    #expect(bench.offsets == [10, 13], "nothing is committed meanwhile")
    #expect(bench.take(bench.fold.reconsider("c", now: 1_000)) == [])
    bench.now = 1_000
    #expect(bench.take(bench.fold.join(window, now: 1_000)) == ["c/call"])
    #expect(bench.fold.waitingCount == 0)
    #expect(bench.fold.openCount == 3)
    #expect(bench.fold.isSettled)
    #expect(bench.read("b", "vote", "v1") == [])
    #expect(bench.read("b", "vote", "v2") == ["b/end"])
  }

  @Test("is waited for by everything where nothing was told", arguments: [nil, ["a"]]) func told(reopened: [String]?) {
    var (bench, window) = bench(reopened: reopened, end: 12)
    #expect(bench.read("a", "opened") == [])
    #expect(bench.read("a", "vote", "v1") == [])
    #expect(!bench.fold.isRefolding)
    #expect(bench.fold.waitingCount == 1)
    #expect(bench.read("a", "vote", "v2") == [])
    let sent = bench.take(bench.fold.join(window, now: 1_000))
    #expect(sent == ["a/noted", "a/end"], "the call is known to have been sent")
  }

  @Test("is not opened again by a copy, and what comes late is told so once") func copies() {
    var (bench, window) = bench(end: 11)
    #expect(bench.read("old", "vote", "v1") == [])
    #expect(bench.read("old", "opened") == [])
    #expect(bench.read("old", "opened", "another") == [])
    #expect(bench.fold.waitingCount == 1)
    #expect(bench.read("old", "opened", "another") == [])
    #expect(bench.take(bench.fold.join(window, now: 1_000)) == ["another/late"])
    #expect(bench.fold.hasEnded("old"))
    #expect(bench.read("old", "opened") == [])
    #expect(bench.read("old", "opened", "another") == [])
    #expect(bench.read("old", "opened", "third") == ["third/late"])
    #expect(bench.fold.openCount == 0)
  }

  @Test("has the beginning of what ended behind it") func straddling() {
    var window = Window(decider: Toy(), offsets: 0..<2, limits: FoldLimits())
    window.read(Bench.record("a", "opened", at: 0))
    window.read(Bench.record("a", "noted", at: 1))
    var bench = Bench(committed: 2, acknowledged: 4, reopened: [], window: 0..<2, start: 2, end: 4)
    #expect(bench.read("a", "vote", "v1") == [])
    #expect(bench.read("a", "ended", "e") == [])
    #expect(bench.fold.hasEnded("a"))
    #expect(bench.read("a", "opened") == [], "whether this is a copy is not known yet")
    #expect(bench.take(bench.fold.join(window, now: 1_000)) == [])
    #expect(bench.read("a", "opened") == [])
    #expect(bench.read("a", "opened", "another") == ["another/late"])
  }

  @Test("is told of to whoever takes over, where an opening is not a subject's first record") func marks() {
    var bench = Bench()
    _ = bench.read("a", "opened")
    _ = bench.read("b", "opened")
    _ = bench.acknowledge("a/call", "a/noted", "b/call", "b/noted")
    #expect(bench.fold.progress().reopened == [])
    _ = bench.read("a", "opened")
    _ = bench.read("a", "ended", "e")
    _ = bench.acknowledge("e/result")
    #expect(bench.fold.progress().committed == 1)
    #expect(bench.fold.progress().reopened == [Progress.mark("a")], "its copy stands behind the offset, it does not")
    _ = bench.read("c", "opened")
    _ = bench.read("b", "ended", "f")
    _ = bench.acknowledge("f/result", "c/call", "c/noted")
    #expect(bench.fold.progress().committed == 4)
    #expect(bench.fold.progress().reopened == [], "both stand before it")
    _ = bench.read("a", "opened")
    #expect(bench.fold.progress().reopened == [Progress.mark("a")])
  }

  @Test("is told of by nobody where too much was opened again") func many() {
    var bench = Bench()
    for number in 0..<300 {
      _ = bench.read("s\(number)", "opened")
      _ = bench.read("s\(number)", "ended", "e\(number)")
      _ = bench.acknowledge("e\(number)/result", "s\(number)/call", "s\(number)/noted")
    }
    _ = bench.read("open", "opened")
    for number in 0..<300 { _ = bench.read("s\(number)", "opened") }
    #expect(bench.fold.progress().reopened == nil)
    #expect(bench.fold.progress().metadata.utf8.count <= 4_096)
  }

  @Test("what is held decides nothing before it is let go") func held() {
    var bench = Bench(end: 1, isHeld: true)
    #expect(bench.read("a", "opened") == [])
    #expect(bench.read("b", "opened") == [])
    #expect(bench.fold.isRefolding)
    #expect(bench.take(bench.fold.release(now: 1_000)) == ["a/call", "b/call"])
    #expect(bench.read("c", "opened") == ["c/call"])
    var empty = Bench(isHeld: true)
    #expect(empty.read("a", "opened") == [])
    #expect(empty.take(empty.fold.release(now: 1_000)) == ["a/call"])
  }
}

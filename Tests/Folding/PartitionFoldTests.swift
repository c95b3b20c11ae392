@testable import Folding
import Testing

@Suite("A folded partition") struct PartitionFoldTests {
  @Test("sends a command first and the event that names it once that is acknowledged") func after() {
    var bench = Bench()
    #expect(bench.read("a", "opened") == ["a/call"])
    #expect(bench.acknowledge("a/call") == ["a/noted"])
    #expect(bench.acknowledge("a/noted") == [])
    #expect(bench.read("a", "noted") == [])
  }

  @Test("changes its state only by what it reads, and sends nothing twice meanwhile") func thirdLaw() {
    var bench = Bench()
    _ = bench.read("a", "opened")
    #expect(bench.fold.state("a")?.isNoted == false)
    #expect(bench.read("a", "vote", "v1") == [])
    #expect(bench.read("a", "vote", "v2") == ["a/end"])
    #expect(bench.fold.state("a")?.end == nil)
    #expect(bench.read("a", "vote", "v3") == [])
    #expect(bench.read("a", "ended", "e1") == ["e1/result"])
  }

  @Test("never commits past the first record of what is open") func watermark() {
    var bench = Bench()
    #expect(bench.offsets == [0, 0])
    _ = bench.read("a", "opened")
    _ = bench.read("b", "opened")
    #expect(bench.offsets == [0, 0])
    _ = bench.acknowledge("a/call", "a/noted", "b/call", "b/noted")
    #expect(bench.offsets == [0, 2])
    _ = bench.read("b", "noted")
    _ = bench.read("b", "vote", "v1")
    _ = bench.read("b", "vote", "v2")
    #expect(bench.offsets == [0, 4])
    _ = bench.acknowledge("b/end")
    _ = bench.read("b", "ended", "e")
    #expect(bench.offsets == [0, 5])
    _ = bench.acknowledge("e/result")
    #expect(bench.offsets == [0, 6])
    _ = bench.read("a", "ended", "f")
    #expect(bench.offsets == [0, 6])
    _ = bench.acknowledge("f/result")
    #expect(bench.offsets == [7, 7])
    #expect(bench.fold.openCount == 0)
    #expect(bench.fold.stateCount == 0)
  }

  @Test("folds up to the end before it decides anything") func refold() {
    var bench = Bench(end: 4)
    #expect(bench.fold.isRefolding)
    #expect(bench.read("a", "opened") == [])
    #expect(bench.read("b", "opened") == [])
    #expect(bench.read("b", "noted") == [])
    #expect(bench.tick(99_000) == [])
    bench.now = 1_000
    #expect(bench.read("a", "vote") == ["a/call"])
    #expect(!bench.fold.isRefolding)
    #expect(bench.fold.openCount == 2)
  }

  @Test("an end before the second offset is not sent again after a restart") func secondOffset() {
    var bench = Bench(committed: 0, acknowledged: 3, end: 3)
    _ = bench.read("a", "opened")
    _ = bench.read("b", "opened")
    // b's end and all that follows from it is acknowledged; a is still owed everything that the log does not show.
    #expect(bench.read("b", "ended") == ["a/noted"])
    #expect(bench.fold.hasEnded("b"))
  }

  @Test("an end at or behind the second offset is answered after a restart") func unacknowledgedEnd() {
    var bench = Bench(committed: 0, acknowledged: 1, end: 2)
    _ = bench.read("b", "opened")
    #expect(bench.read("b", "ended", "e") == ["e/result"])
    #expect(bench.offsets == [0, 1])
    _ = bench.acknowledge("e/result")
    #expect(bench.offsets == [2, 2])
  }

  @Test("what is behind the second offset is sent again, the command included") func recovery() {
    var bench = Bench(committed: 0, acknowledged: 0, end: 1)
    #expect(bench.read("a", "opened") == ["a/call"])
  }

  @Test("a first end wins, and what comes after it changes nothing") func late() {
    var bench = Bench()
    _ = bench.read("a", "opened")
    _ = bench.acknowledge("a/call", "a/noted")
    _ = bench.read("a", "ended", "e1")
    #expect(bench.read("a", "ended", "e2") == [])
    _ = bench.acknowledge("e1/result")
    #expect(bench.read("a", "vote") == [])
    #expect(bench.read("a", "opened") == [], "a copy of what came in time is not late")
    #expect(bench.read("a", "opened", "again") == ["again/late"])
    #expect(bench.read("a", "opened", "again") == [])
    #expect(bench.offsets == [5, 5])
    _ = bench.acknowledge("again/late")
    #expect(bench.offsets == [7, 7])
    #expect(bench.fold.stateCount == 0)
  }

  @Test("what was asked again after an end that lies before the window is not opened anew") func askedAgain() {
    // a's end stood before 1, where folding begins; only the copy of its opening is left
    var bench = Bench(committed: 2, acknowledged: 2, start: 1, end: 2)
    #expect(bench.read("a", "opened") == [])
    #expect(bench.fold.openCount == 0 && bench.fold.hasEnded("a"))
    #expect(bench.read("a", "opened") == [], "it was read, so it is answered")
    #expect(bench.read("a", "opened", "again") == ["again/late"])
    #expect(bench.offsets == [3, 3])
  }

  @Test("forgets what ended when the window is over") func forgetting() {
    var bench = Bench()
    _ = bench.read("a", "opened")
    _ = bench.acknowledge("a/call", "a/noted")
    _ = bench.read("a", "ended", "e")
    _ = bench.acknowledge("e/result")
    _ = bench.tick(1_999)
    #expect(bench.fold.hasEnded("a"))
    _ = bench.tick(2_000)
    #expect(!bench.fold.hasEnded("a"))
    // and what is opened under its name then runs anew
    #expect(bench.read("a", "opened", "again") == ["a/call"])
  }

  @Test("without a commit, old ends are not answered again and are forgotten at once") func noCommit() {
    let limits = FoldLimits(windowMilliseconds: 1_000, unansweredMilliseconds: 60_000)
    var bench = Bench(committed: nil, end: 20_002, limits: limits)
    bench.now = 1_000_000
    var most = 0
    for number in 0..<10_000 {
      _ = bench.read("s\(number)", "opened", stamp: 900_000)
      _ = bench.read("s\(number)", "ended", "s\(number)/e", stamp: 900_000)
      most = max(most, bench.fold.stateCount)
    }
    #expect(most == 0)
    // what ended lately may never have been answered
    _ = bench.read("a", "opened")
    #expect(bench.read("a", "ended", "e") == ["e/result"])
  }

  @Test("keeps no more ends than its bound while folding up to the end; the oldest count as answered") func manyEnds() {
    let limits = FoldLimits(windowMilliseconds: 1_000, unansweredMaximum: 100)
    var bench = Bench(committed: nil, end: 20_000, limits: limits)
    var results: [String] = []
    for number in 0..<10_000 {
      results += bench.read("s\(number)", "opened")
      results += bench.read("s\(number)", "ended", "s\(number)/e")
      #expect(bench.fold.stateCount <= 101)
    }
    #expect(results == (9_900..<10_000).map { "s\($0)/e/result" })
  }

  @Test("where ends are answered by others, they are forgotten as they are read") func answeredElsewhere() {
    var bench = Bench(committed: nil, end: 20_001, answersEnds: false)
    for number in 0..<10_000 {
      _ = bench.read("s\(number)", "opened")
      _ = bench.read("s\(number)", "ended", "s\(number)/e")
      #expect(bench.fold.stateCount == 0)
    }
    #expect(bench.read("a", "opened") == ["a/call"])
  }

  @Test("remembers no more of what nothing opens than its bound") func manyUnopened() {
    var bench = Bench(limits: FoldLimits(windowMilliseconds: 1_000, rememberedMaximum: 100))
    for number in 0..<1_000 { _ = bench.read("x\(number)", "vote") }
    #expect(bench.fold.stateCount == 100)
    #expect(bench.fold.state("x999") != nil)
    #expect(bench.fold.state("x899") == nil)
  }

  @Test("forgets in its time what is remembered a second time") func rememberedAgain() {
    let bench = Bench(limits: FoldLimits(windowMilliseconds: 1_000))
    bench.fold.remember("x", [], since: 0)
    bench.fold.remember("x", [], since: 500)
    bench.fold.forget(now: 1_400)
    #expect(bench.fold.ended["x"] != nil)
    bench.fold.forget(now: 1_500)
    #expect(bench.fold.ended["x"] == nil)
  }

  @Test("is up to the end also where the last offsets there are no records") func markers() {
    var bench = Bench(end: 3)
    #expect(bench.read("a", "opened") == [])
    #expect(bench.take(bench.fold.advanced(to: 2, now: 1_000)) == [])
    #expect(bench.fold.isRefolding)
    #expect(bench.take(bench.fold.advanced(to: 3, now: 1_000)) == ["a/call"])
    #expect(!bench.fold.isRefolding)
    #expect(bench.fold.position == 3)
  }

  @Test("what nothing opens holds nothing back and is forgotten") func unopened() {
    var bench = Bench()
    #expect(bench.read("x", "vote") == [])
    #expect(bench.offsets == [1, 1])
    #expect(bench.fold.stateCount == 1)
    _ = bench.tick(2_500)
    #expect(bench.fold.stateCount == 0)
  }

  @Test("what opens late holds back from there") func opensLate() {
    var bench = Bench()
    _ = bench.read("x", "vote")
    #expect(bench.offsets == [1, 1])
    _ = bench.read("x", "opened")
    _ = bench.acknowledge("x/call", "x/noted")
    #expect(bench.offsets == [1, 2])
  }

  @Test("a deadline is a timer that survives a restart") func timers() {
    var bench = Bench(end: 1)
    _ = bench.read("a", "opened", nil, "5000")
    #expect(bench.fold.nextTick == 5_000)
    #expect(bench.tick(4_999) == [])
    #expect(bench.tick(5_000) == ["a/end"])
    #expect(bench.tick(6_000) == [])
  }

  @Test("a record that cannot be folded is buried before the offset moves") func dead() {
    var bench = Bench()
    #expect(bench.read("a", "opened", nil, "soon") == ["dead:0"])
    #expect(bench.offsets == [0, 0])
    _ = bench.acknowledge("dead:0")
    #expect(bench.offsets == [1, 1])
  }

  @Test("a record that comes again is not folded again") func repeats() {
    var bench = Bench()
    _ = bench.read("a", "opened")
    bench.offset = 0
    #expect(bench.read("b", "opened") == [])
    #expect(bench.fold.openCount == 1)
  }

  @Test("how many may be open is known before it has folded up to the end")
  func mostOpen() {
    func fold(_ open: Int?, acknowledged: Int64, end: Int64) -> PartitionFold<Toy> {
      PartitionFold(
        decider: Toy(), limits: FoldLimits(),
        resumed: Progress(committed: 5, acknowledged: acknowledged, timestamp: 0, open: open), start: 0, end: end,
        now: 0)
    }
    #expect(fold(3, acknowledged: 7, end: 12).mostOpen == 8)
    #expect(fold(3, acknowledged: 12, end: 12).mostOpen == 3)
    #expect(fold(nil, acknowledged: 7, end: 12).mostOpen == nil, "nobody knows")
    #expect(fold(nil, acknowledged: 0, end: 0).mostOpen == 0, "nothing stands there")
    var bench = Bench(end: 1)
    #expect(bench.fold.mostOpen == nil)
    _ = bench.read("a", "opened")
    #expect(bench.fold.mostOpen == 1)
    #expect(bench.fold.progress().open == 1)
  }

  @Test("the offsets and what goes with them survive being written and read")
  func metadata() {
    for open in [nil, 0, 12] {
      let progress = Progress(committed: 5, acknowledged: 9, timestamp: 77, open: open)
      #expect(Progress(committed: 5, metadata: progress.metadata) == progress)
    }
    #expect(
      Progress(committed: 5, metadata: "1;9;77") == Progress(committed: 5, acknowledged: 9, timestamp: 77),
      "as the version before wrote it")
    for foreign in [nil, "", "2;1;1", "1;x;1", "1;4;1", "2;4;1;1", "2;x;1;1", "3;9;77;1", "AAAA"] {
      #expect(Progress(committed: 5, metadata: foreign) == Progress(committed: 5, acknowledged: 5, timestamp: 0))
    }
  }
}

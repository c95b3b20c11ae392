import Bus
import Testing

@Suite("An offset map") struct OffsetMapTests {
  /// Every string of that length over finished (x), open (o) and marked (m).
  static func pictures(_ length: Int) -> [String] {
    (0..<length).reduce([""]) { pictures, _ in pictures.flatMap { [$0 + "x", $0 + "o", $0 + "m"] } }
  }

  /// A map of the offsets from `base` on as the picture says, all of them read.
  static func map(_ picture: String, base: Int64 = 100) -> OffsetMap {
    var map = OffsetMap(base: base)
    for (offset, _) in zip(base..., picture) { _ = map.begin(offset) }
    for (offset, state) in zip(base..., picture) where state == "x" { map.finish(offset) }
    for (offset, state) in zip(base..., picture) where state == "m" { map.mark(offset) }
    return map
  }

  @Test("keeps what is finished and what runs elsewhere, for every picture of seven offsets") func exhaustive() throws {
    for length in 0...7 {
      for picture in Self.pictures(length) {
        let map = Self.map(picture)
        let (base, text) = try #require(map.encode())
        let done = picture.prefix { $0 == "x" }.count
        #expect(base == 100 + Int64(done), "\(picture)")
        var next = OffsetMap.decode(text, base: base)
        #expect(!next.wasUnreadable)
        #expect(next.base == base)
        for (offset, state) in zip(Int64(100)..., picture) where offset >= base {
          #expect(next.isFinished(offset) == (state == "x"), "\(picture) at \(offset)")
          #expect(next.isMarked(offset) == (state == "m"), "\(picture) at \(offset)")
        }
        // the next owner, having read nothing, hands on exactly what it was given
        let again = try #require(next.encode())
        #expect(again.offset == base)
        #expect(again.metadata == text, "\(picture)")
        // and does each open offset once
        for (offset, state) in zip(Int64(100)..., picture) where offset >= base {
          let begins = next.begin(offset)
          #expect(begins == (state != "x"), "\(picture) at \(offset)")
          let beginsAgain = next.begin(offset)
          #expect(!beginsAgain)
        }
      }
    }
  }

  @Test("moves its base only over what is finished, in every order of finishing") func orders() throws {
    func permutations(_ rest: [Int64]) -> [[Int64]] {
      rest.isEmpty ? [[]] : rest.flatMap { first in permutations(rest.filter { $0 != first }).map { [first] + $0 } }
    }
    for order in permutations([0, 1, 2, 3, 4]) {
      var map = Self.map("ooooo", base: 0)
      var done: Set<Int64> = []
      for offset in order {
        map.finish(offset)
        done.insert(offset)
        let base = (0...5).first { !done.contains($0) }
        #expect(map.base == base)
        let (committed, text) = try #require(map.encode())
        let next = OffsetMap.decode(text, base: committed)
        for offset in committed..<5 { #expect(next.isFinished(offset) == done.contains(offset)) }
      }
    }
  }

  @Test("takes gaps in the log as finished") func gaps() {
    var map = OffsetMap(base: 10)
    let begun = [map.begin(12), map.begin(20)]
    #expect(begun == [true, true])
    #expect(map.base == 12)
    map.finish(12)
    #expect(map.base == 20)
    map.finish(20)
    #expect(map.base == 21)
  }

  @Test("begins with the first record where nothing was committed") func withoutBase() {
    var map = OffsetMap()
    #expect(map.encode() == nil)
    _ = map.begin(57)
    #expect(map.base == 57)
    map.finish(57)
    #expect(map.encode()?.offset == 58)
    #expect(map.encode()?.metadata == "")
  }

  @Test("marks all that is unfinished when its partition goes") func markAll() throws {
    var map = Self.map("xoxoox")
    map.markAll()
    #expect(map.marks == [101, 103, 104])
    map.finish(103)
    #expect(map.marks == [101, 104])
    map.unmark(104)
    #expect(map.marks == [101])
    map.mark(102)
    #expect(map.marks == [101], "what is finished cannot run elsewhere")
  }

  @Test(
    "that cannot be read is empty and says so",
    arguments: [
      "x", "not ours", "{\"offset\": 7}", "AAAA", "AQ==", "====", "AQ=A", "\u{0}\u{0}\u{0}\u{0}", "/////w==",
      "AgBkAA==",
      String(repeating: "A", count: 5000), "AQBk//////////////8B", "AQJk", "AQFkgICAgICAgICAAQ==", "é===",
    ])
  func unreadable(_ text: String) {
    let map = OffsetMap.decode(text, base: 100)
    #expect(map.wasUnreadable)
    #expect(map.base == 100)
    #expect(!map.isFinished(101))
    #expect(map.marks.isEmpty)
  }

  @Test("written against one base is not read against another") func otherBase() throws {
    let (_, text) = try #require(Self.map("oxox").encode())
    #expect(OffsetMap.decode(text, base: 101).wasUnreadable)
  }

  @Test("survives any single changed character") func changed() throws {
    let (base, text) = try #require(Self.map("oxomxxoomxoxoxoxxxooom").encode())
    let letters = Array(text)
    for index in letters.indices {
      for letter in "A9+/=z" where letter != letters[index] {
        var other = letters
        other[index] = letter
        let map = OffsetMap.decode(String(other), base: base)
        #expect(map.base == base)
      }
    }
  }

  @Test("never writes more than a commit may carry, and loses only from the end") func bounded() throws {
    for size in [1_000, 20_000, 60_000] {
      var map = OffsetMap(base: 0)
      var random = SystemRandomNumberGenerator()
      var finished: [Int64] = []
      for offset in 0..<Int64(size) { _ = map.begin(offset) }
      for offset in 1..<Int64(size) where Bool.random(using: &random) {
        map.finish(offset)
        finished.append(offset)
      }
      let (base, text) = try #require(map.encode())
      #expect(text.utf8.count <= Tuning.commitMetadata)
      let next = OffsetMap.decode(text, base: base)
      #expect(!next.wasUnreadable)
      let kept = finished.prefix { next.isFinished($0) }.count
      if size <= 20_000 { #expect(kept == finished.count) } else { #expect(kept > 10_000) }
      #expect(map.isNearlyFull == (size > 18_400))
    }
  }

  @Test("holds a single stuck offset below a hundred thousand in a few characters") func stuck() throws {
    var map = OffsetMap(base: 0)
    for offset in 0..<Int64(100_000) { _ = map.begin(offset) }
    for offset in 1..<Int64(100_000) { map.finish(offset) }
    let (base, text) = try #require(map.encode())
    #expect(base == 0)
    #expect(text.utf8.count <= 20)
    #expect(!map.isNearlyFull)
    #expect(OffsetMap.decode(text, base: 0).isFinished(99_999))
  }
}

@Suite("A watermark") struct WatermarkTests {
  @Test("is the first unfinished offset, or the one after the last") func order() {
    var mark = Watermark()
    #expect(mark.committable == nil)
    for offset in [5, 6, 8, 9] as [Int64] { mark.begin(offset) }
    mark.finish(6)
    mark.finish(9)
    #expect(mark.committable == 5)
    mark.finish(5)
    #expect(mark.committable == 8)
    mark.finish(8)
    #expect(mark.committable == 10)
    mark.finish(8)
    #expect(mark.committable == 10)
  }
}

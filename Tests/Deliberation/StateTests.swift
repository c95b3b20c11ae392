import Testing

@testable import Deliberation

@Suite("What is known of a deliberation") struct StateTests {
  @Test("stays as it is for whoever has it while another reads on") func value() throws {
    var story = try Story()
    let before = try #require(story.state)
    try story.completes("panel/0/0/0", "An answer.")
    let after = try #require(story.state)
    #expect(before.count == 1 && before.calls.isEmpty)
    #expect(after.count == 2 && after.calls.count == 1)
  }

  @Test("is kept by key, in the keys' order, in whatever order it comes") func keyed() {
    var generator = SplitMix(seed: 7)
    var list = KeyedList<Int, Int>()
    var known: [Int: Int] = [:]
    for _ in 0..<2_000 {
      let key = Int.random(in: 0..<40, using: &generator)
      let value = Int.random(in: 0..<4, using: &generator)
      list[key] = value == 0 ? nil : value
      known[key] = value == 0 ? nil : value
    }
    let ordered = known.sorted { $0.key < $1.key }
    #expect(list.map { [$0.key, $0.value] } == ordered.map { [$0.key, $0.value] })
    #expect((-1...40).allSatisfy { list[$0] == known[$0] } && list.count == known.count)
  }

  @Test("counts each id once, however many there are") func ids() {
    let ids = (0..<200).map { "/call.completed/panel/0/\($0 % 100)/\($0 / 100)" }
    var seen = SeenIDs()
    func insert(_ id: String) -> Bool {
      var id = id
      return id.withUTF8 { seen.insert($0) }
    }
    #expect(ids.allSatisfy(insert))
    #expect(!ids.contains(where: insert))
    #expect(insert("") && !insert(""))
  }
}

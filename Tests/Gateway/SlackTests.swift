import Testing

@testable import Gateway

@Suite("Memory that a crowd left behind") struct SlackTests {
  @Test("is given back once, and again after the next crowd") func crowds() {
    var slack = Slack()
    let first = [30_000_000, 40_000_000, 300_000_000].map { slack.isDue(free: $0) }
    #expect(first == [false, false, true])
    slack.gaveBack(free: 299_000_000)
    // the next crowd uses it, and leaves
    let second = [299_000_000, 20_000_000, 310_000_000].map { slack.isDue(free: $0) }
    #expect(second == [false, false, true])
  }
}

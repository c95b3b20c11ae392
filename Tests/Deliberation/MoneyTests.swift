import Deliberation
import Testing

@Suite("Money") struct MoneyTests {
  @Test("is shared out to each call, judge and answer first, and what is left goes to those that follow") func shares()
    throws
  {
    var story = try Story(Sample.alias(["max_cost": 1]))
    let outputs = try story.dispatches()
    let shares = try (0..<3).map { try #require(try outputs.command("panel/0/\($0)/0").maxCost) }
    // in proportion to what each is expected to cost; judge and answer keep nearly two thirds
    #expect(shares.map { ($0 * 100).rounded() } == [19, 8, 9])
    for member in 0..<3 { try story.completes("panel/0/\(member)/0", "x", cost: 0.01) }
    try story.assembles()
    let judge = try #require(try story.judges().command("judge/0/-/0").maxCost)
    #expect((judge * 100).rounded() == 63)
    try story.completes("judge/0/-/0", JudgeSays.valid(), cost: 0.1)
    try story.judges()
    let answer = try #require(try story.judges().command("answer/0/-/0").maxCost)
    #expect(((answer - 0.87) * 1000).rounded() == 0)
  }

  @Test("has no bound where none was given") func unbounded() throws {
    let story = try Story()
    #expect(try story.dispatching().command("panel/0/0/0").maxCost == nil)
  }

  @Test("is not known at the end of a panel that was sealed before its dispatch was read") func sealedUnasked() throws {
    var story = try Story(Sample.alias(["on_failure": "fail", "deadline_ms": 10_000]))
    story.wait(6_000)
    // nobody was seen to be asked, but the commands may be on their way
    try story.assembles()
    try story.assembles()
    #expect(story.state?.end?.value.totals?.costFinal == false)
    #expect(!story.assembling().contains { $0.id.hasSuffix("/settled") })
    story.wait(Limits.slack)
    #expect(story.assembling().contains { $0.id.hasSuffix("/settled") })
  }

  @Test("a stand-in gets what its seat has left") func standIn() throws {
    var story = try Story(Sample.alias(["max_cost": 1, "stand_ins": ["deepseek/deepseek-v3.2", "openai/gpt-5.1"]]))
    let first = try #require(try story.dispatches().command("panel/0/0/0").maxCost)
    try story.fails("panel/0/0/0", .upstreamError)
    let second = try #require(try story.dispatches().command("panel/0/0/1").maxCost)
    #expect(abs(second - first) < 1e-9)
    try story.fails("panel/0/0/1", .upstreamError, cost: 0.05)
    let third = try #require(try story.dispatches().command("panel/0/0/2").maxCost)
    #expect(abs(third - (first - 0.05)) < 1e-9)
  }

  @Test("stand-ins that spend all that they get leave judge and answer theirs") func spendthrifts() throws {
    let plain = try Story(Sample.alias(["max_cost": 1]))
    let shares = try (0..<3).map { try #require(try plain.dispatching().command("panel/0/\($0)/0").maxCost) }
    let held = 1 - shares.reduce(0, +)
    let names: JSON = ["openai/gpt-5.1", "openai/gpt-5.1", "google/gemini-3-pro", "google/gemini-3-pro"]
    var story = try Story(Sample.alias(["max_cost": 1, "stand_ins": names]))
    var outputs = try story.dispatches()
    for attempt in 0...4 {
      let most = try #require(try outputs.command("panel/0/0/\(attempt)").maxCost)
      try story.fails("panel/0/0/\(attempt)", .upstreamError, cost: most)
      outputs = try story.dispatches()
    }
    for member in 1..<3 { try story.completes("panel/0/\(member)/0", "x", cost: shares[member]) }
    try story.assembles()
    let judge = try #require(try story.judges().command("judge/0/-/0").maxCost)
    try story.completes("judge/0/-/0", JudgeSays.valid(), cost: judge)
    try story.judges()
    let answer = try #require(try story.judges().command("answer/0/-/0").maxCost)
    #expect(judge > 0.2 && answer > 0.2 && abs(judge + answer - held) < 1e-9)
  }

  @Test("caches one answer for one question, but two for a model that sits twice") func cacheKeys() throws {
    func keys(_ id: String, _ temperature: JSON) throws -> [String] {
      let request = Sample.alias([
        "analysis_models": ["openai/gpt-5.1", "openai/gpt-5.1", "google/gemini-3-pro"], "cache": ["ttl_seconds": 60],
        "temperature": temperature,
      ])
      let outputs = try Story(request, id: id).dispatching().dropLast()
      return outputs.map { $0.key ?? "" }
    }
    let keys1 = try keys("gen-1", 0.5)
    #expect(Set(keys1).count == 3)
    #expect(try keys("gen-2", 0.5) == keys1)
    #expect(try keys("gen-1", 0.6) != keys1)
  }
}

import Testing

@testable import ModelSimulator

@Suite struct CallCountsTests {
  @Test("a call with more than one execution is repeated; a retry within one is not")
  func counted() {
    var counts = CallCounts()
    let (one, two) = (CallName("g/panel/0/0/0"), CallName("g/panel/0/1/0"))
    #expect(counts.count(one, execution: "x") == .newCall)
    #expect(counts.count(one, execution: "x") == .nothing)
    #expect(counts.count(two, execution: "x") == .newCall)
    #expect(counts.count(one, execution: "y") == .again(first: true))
    #expect(counts.count(one, execution: "y") == .nothing)
    #expect(counts.count(one, execution: "x") == .nothing)
    #expect(counts.count(one, execution: "z") == .again(first: false))
    #expect(counts.calls == 2)
    #expect(counts.repeatedCalls == 1)
    #expect(counts.listed == [.init(call: "g/panel/0/0/0", executions: 3)])
  }

  @Test("what is remembered and what is listed have a bound")
  func bounded() {
    var counts = CallCounts(mostCalls: 10, mostListed: 3)
    let names = (0..<12).map { CallName("g\($0)/panel/0/0/0") }
    #expect(names.map { counts.count($0, execution: "x") }.suffix(2) == [.beyondBound, .beyondBound])
    for name in names { _ = counts.count(name, execution: "y") }
    #expect(counts.repeatedCalls == 10)
    #expect(counts.listed.count == 3)
  }

  @Test("a call id says its purpose and its path")
  func name() {
    #expect(CallName("gen-1/panel/0/2/1").purpose == .panel)
    #expect(CallName("gen-1/panel/0/2/1").path == ["panel", "0", "2", "1"])
    #expect(CallName("nonsense").purpose == nil)
  }
}

import Deliberation
import Testing

@testable import ModelSimulator

@Suite struct OccasionTests {
  private func faults(_ model: String, calls: [String], at times: [Int64]? = nil) throws -> [Fault?] {
    var direction = Direction(defaultLatency: 0)
    return try calls.enumerated().map { index, call in
      let reading = try Requests.reading(Requests.chat("Why?", model: model), call: call)
      return direction.manner(for: reading, now: (times?[index] ?? 0) * 1_000_000_000).fault
    }
  }

  @Test("the first tries of each call fail, the later ones do not")
  func first() throws {
    let faults = try faults(
      "simulator/status-429+fail-first-2", calls: ["g/p/0/0/0", "g/p/0/1/0", "g/p/0/0/0", "g/p/0/0/0"])
    #expect(faults == [.status(429), .status(429), .status(429), nil])
  }

  @Test("some requests fail, as many as asked for, and the same ones again")
  func sometimes() throws {
    let calls = (0..<1000).map { "g\($0)/panel/0/0/0" }
    let failed = try faults("simulator/sometimes-20", calls: calls)
    #expect((150...250).contains(failed.filter { $0 != nil }.count))
    #expect(try faults("simulator/sometimes-20", calls: calls) == failed)
  }

  @Test("an outage has a beginning and an end")
  func outage() throws {
    let faults = try faults("simulator/down-5-15", calls: ["a", "b", "c", "d"], at: [100, 104, 105, 115])
    #expect(faults == [nil, nil, .status(503), nil])
  }

  @Test("behaviour set from outside holds for the models it names, for its time")
  func overrides() throws {
    var direction = Direction(defaultLatency: 0)
    direction.overrides.apply(
      try Overrides.change(["match": "openai/", "behaviour": "status-503", "for_ms": 1000]), now: 0)
    func fault(_ model: String, _ milliseconds: Int64) throws -> Fault? {
      direction.manner(for: try Requests.reading(Requests.chat("Why?", model: model)), now: milliseconds * 1_000_000)
        .fault
    }
    #expect(try fault("openai/gpt-5.5", 999) == .status(503))
    #expect(try fault("anthropic/claude", 999) == nil)
    #expect(try fault("openai/gpt-5.5", 1000) == nil)
    #expect(throws: Overrides.Malformed.self) { try Overrides.change(["behaviour": "nonsense", "for_ms": 5]) }
    direction.overrides.apply(.clear, now: 0)
    #expect(try fault("openai/gpt-5.5", 999) == nil)
  }
}

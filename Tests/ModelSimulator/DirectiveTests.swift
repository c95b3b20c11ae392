import Deliberation
import Testing

@testable import ModelSimulator

@Suite struct DirectiveTests {
  private func fault(_ text: String, model: String = "acme/one", call: String? = nil) throws -> Fault? {
    let reading = try Requests.reading(Requests.chat(text, model: model), call: call)
    var direction = Direction(defaultLatency: 0)
    return direction.manner(for: reading, now: 0).fault
  }

  @Test("a question may say how one model behaves")
  func model() throws {
    #expect(try fault("Why? [simulate acme/one status-500]") == .status(500))
    #expect(try fault("Why? [simulate acme/two status-500]") == nil)
    #expect(try fault("Why? [simulate * half]") == .half)
  }

  @Test(
    "a question may say how one call behaves, by the beginning of its id",
    arguments: [
      ("panel", true), ("panel/0", true), ("panel/0/2", true), ("panel/0/2/0", true), ("panel/0/1", false),
      ("panel/0/2/1", false), ("panel/0/22", false), ("judge", false),
    ])
  func call(target: String, holds: Bool) throws {
    let fault = try fault("Why? [simulate \(target) status-500]", call: "gen-1/panel/0/2/0")
    #expect(fault == (holds ? .status(500) : nil))
  }

  @Test("a directive for calls needs a call id")
  func withoutCall() throws {
    #expect(try fault("Why? [simulate panel status-500]") == nil)
  }

  @Test("a misspelt directive is refused instead of meaning nothing")
  func misspelt() {
    #expect(throws: Direction.Refused.self) { try fault("Why? [simulate * stauts-500]") }
  }

  @Test("rules are no part of the question that is answered")
  func removed() throws {
    let plain = try Requests.completion(Requests.chat("Should we move the warehouse?"))
    let ruled = try Requests.completion(Requests.chat("Should we move the warehouse? [simulate acme/two status-500]"))
    #expect(plain.content.hasPrefix("[simulated] "))
    #expect(Set(Sentences.of(plain.content).map(\.key)) == Set(Sentences.of(ruled.content).map(\.key)))
  }

  @Test("brackets inside of a rule belong to it")
  func nested() {
    let contents = Brackets.contents(of: "a [call f {\"x\":[1,[2]]}] b [use fusion] ] [open").map(String.init)
    #expect(contents == ["call f {\"x\":[1,[2]]}", "use fusion"])
    #expect(Brackets.removed(from: "a [b] c [d") == "a  c [d")
  }
}

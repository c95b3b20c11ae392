import Deliberation
import Foundation
import Testing

@testable import ModelSimulator

@Suite struct ModelNameTests {
  @Test(
    "a part of a name says how the model behaves",
    arguments: [
      ("latency-50", Part.latency(50...50)), ("latency-300-3000", .latency(300...3000)),
      ("slow-300-ms", .latency(300...300)), ("status-429", .fault(.status(429))), ("half", .fault(.half)),
      ("big-50mb", .fault(.big(megabytes: 50))), ("retry-after-2", .retryAfter(seconds: 2, asDate: false)),
      ("retry-after-date-2", .retryAfter(seconds: 2, asDate: true)), ("fail-first-2", .occasion(.first(2))),
      ("down-5-15", .occasion(.between(5...15))), ("cost-0.25", .cost(0.25)), ("finish-banana", .finish("banana")),
      ("judge-false-quotes", .judging(.falseQuotes)), ("multi-line", .wire(.multiLine)), ("model-a", .personality),
      ("ratelimit-3-20", .rateLimit(remaining: 3, resetSeconds: 20, limit: nil)),
      ("ratelimit-3-20-100", .rateLimit(remaining: 3, resetSeconds: 20, limit: 100)),
      ("invalid-utf8", .content(.invalidUTF8)),
    ])
  func part(text: String, part: Part) {
    #expect(Part(text[...]) == part)
  }

  @Test(
    "a part that is misspelt is no part",
    arguments: [
      "", "latency-", "latency--5", "latency-5-3", "status-200", "status-600", "stauts-429", "words-x",
      "ratelimit-1", "ratelimit-1-2-3-4", "ratelimit-1-2-",
      "latency-99999999999999999999", "model-", "cost-nan", "cost--1", "bytes-1e3",
    ])
  func misspelt(text: String) {
    #expect(Part(text[...]) == nil)
  }

  @Test("every documented form has an example that is understood")
  func forms() {
    let values = ["N": "500", "Nmb": "5mb", "A": "1", "B": "2", "R": "1", "S": "1", "L": "9", "P": "1", "X": "1"]
    for form in Part.forms {
      let example = form.split(separator: "-").map { values[String($0)] ?? String($0) }.joined(separator: "-")
      #expect(Part(example[...]) != nil, "\(form)")
    }
  }

  @Test("every form stands in the services' page")
  func documented() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Services/README.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    for form in Part.forms where form != "model-X" { #expect(text.contains("`\(form)`"), "\(form)") }
    for fault in RawFault.allCases { #expect(text.contains("`\(fault.rawValue)`"), "\(fault.rawValue)") }
  }

  @Test("parts combine, behind the author simulator and behind any other slug")
  func combine() throws {
    let wishes = [
      ModelName.Wish(purpose: nil, part: .judging(.falseQuotes)), .init(purpose: nil, part: .latency(50...50)),
    ]
    #expect(try ModelName("simulator/judge-false-quotes+latency-50").wishes == wishes)
    #expect(try ModelName("openai/gpt-5.5+judge-false-quotes+latency-50").wishes == wishes)
  }

  @Test("a slug without parts is a model that behaves")
  func ordinary() throws {
    #expect(try ModelName("anthropic/claude-opus-4.5").wishes.isEmpty)
    #expect(try ModelName("gpt-4o:free").wishes.isEmpty)
  }

  @Test("an unknown part is refused by name", arguments: ["simulator/stauts-429", "openai/gpt-5.5+", "a+b"])
  func unknown(slug: String) {
    #expect(throws: ModelName.UnknownPart.self) { try ModelName(slug) }
  }

  @Test("a part with a purpose in front holds for that purpose alone")
  func purpose() throws {
    let name = try ModelName("simulator/judge:status-500+panel:latency-7")
    #expect(Manner(name.wishes, for: .judge).fault == .status(500))
    #expect(Manner(name.wishes, for: .judge).latency == nil)
    #expect(Manner(name.wishes, for: .panel).fault == nil)
    #expect(Manner(name.wishes, for: .panel).latency == 7...7)
  }

  @Test("retry-after alone is a 429, an occasion alone a 500, an outage a 503")
  func implied() throws {
    #expect(Manner(try ModelName("simulator/retry-after-2").wishes, for: nil).fault == .status(429))
    #expect(Manner(try ModelName("simulator/retry-after-2+status-503").wishes, for: nil).fault == .status(503))
    #expect(Manner(try ModelName("simulator/fail-first-2").wishes, for: nil).fault == .status(500))
    #expect(Manner(try ModelName("simulator/fail-first-2+half").wishes, for: nil).fault == .half)
    #expect(Manner(try ModelName("simulator/down-0-5").wishes, for: nil).fault == .status(503))
    #expect(Manner(try ModelName("simulator/fail-first-1+judge-broken-json").wishes, for: .judge).fault == nil)
  }
}

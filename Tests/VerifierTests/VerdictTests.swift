import Deliberation
import Testing

@testable import Verifier

@Suite("The verifier") struct VerdictTests {
  @Test("passes a log in which everything went as it should") func whole() {
    let verdict = HandMadeLog().verdict()
    #expect(verdict.findings == [])
    #expect(verdict.passed)
    #expect(verdict.figures["asked"] == 2)
    #expect(verdict.text().contains("\"passed\":true"))
  }

  @Test("ignores doubles, and counts them") func doubles() {
    var log = HandMadeLog()
    log.double { _ in true }
    #expect(log.verdict().findings == [])
    #expect(log.verdict().figures["doubles"] == 18)
  }

  @Test("without deduplication sees the same doubles as two ends and two results") func control() {
    var log = HandMadeLog()
    #expect(log.broken(Verdict.Demands(deduplicate: false)) == [])
    log.double { $0.isTerminal || $0.place == .results }
    #expect(log.broken(Verdict.Demands(deduplicate: false)) == [.ends, .results])
  }

  @Test("wants doubles where the fault must have left some") func wantsDoubles() {
    var log = HandMadeLog()
    #expect(log.broken(Verdict.Demands(doubles: true)) == [.doubles])
    log.double { $0.name == "panel.assembled" }
    #expect(log.broken(Verdict.Demands(doubles: true)) == [])
  }

  @Test("misses an end") func missingEnd() {
    var log = HandMadeLog()
    log.lose { $0.isTerminal && $0.subject == "gen-2" }
    #expect(log.broken() == [.ends])
  }

  @Test("misses a result, and a deliberation that no topic knows") func missing() {
    var log = HandMadeLog()
    log.lose { $0.place == .results && $0.subject == "gen-2" }
    #expect(log.broken() == [.results])
    log = HandMadeLog()
    log.lose { $0.subject == "gen-2" }
    #expect(log.broken() == [.ends])
  }

  @Test("allows a second, different end, and counts it, where all readers followed the first") func laterEnd() {
    var log = HandMadeLog()
    log.add(
      .events, "gen-1", "deliberation.failed", "end",
      [
        "status_code": 504, "usage": ["total_tokens": 0], "cost": 0, "digest_events": 1,
        "digest": .string(DigestRule.digest(log.facts.prefix(1))),
      ])
    #expect(log.verdict().findings == [])
    #expect(log.verdict().figures["asks_with_two_different_ends"] == 1)
  }

  @Test("catches a reader that followed the second end") func followedSecond() {
    var log = HandMadeLog()
    log.lose { $0.place == .results && $0.subject == "gen-1" }
    log.add(
      .events, "gen-1", "deliberation.failed", "end",
      [
        "status_code": 504, "digest_events": 1, "digest": .string(DigestRule.digest(log.facts.prefix(1))),
      ])
    log.result("gen-1", causation: "gen-1/deliberation.failed/end")
    #expect(log.broken() == [.results])
  }

  @Test("catches two results that differ, and an answer that is not the first outcome's") func differing() {
    var log = HandMadeLog()
    log.result("gen-1", content: "another answer")
    #expect(log.broken() == [.results])
    #expect(log.verdict().findings.count == 2)
  }

  @Test("catches a client that got something else, nothing, or twice") func clients() {
    var log = HandMadeLog()
    log.record.asks[0].answerHash = SHA256.hex("something else")
    #expect(log.broken() == [.clients])
    log = HandMadeLog()
    log.record.asks[0].status = 502
    #expect(log.broken() == [.clients])
    log = HandMadeLog()
    log.record.asks[0].error = "the connection was cut"
    #expect(log.broken() == [.clients])
    log = HandMadeLog()
    log.record.asks.append(log.record.asks[0])
    #expect(log.broken() == [.clients])
  }

  @Test("catches an event that was written again with another content") func contents() {
    var log = HandMadeLog()
    log.add(.events, "gen-1", "analysis.completed", "0", ["round": 0, "other": true])
    #expect(log.broken() == [.contents])
  }

  @Test("lets a call that was paid twice stand with two contents, and its first outcome counts") func paidTwice() {
    var log = HandMadeLog()
    log.record.kills = [ClientRecord.Kill(service: "model-caller", instance: "a", at: 5_000, inFlight: 1)]
    log.outcome("gen-1", "answer/0/-/0", content: "late", execution: "second")
    #expect(log.verdict().findings == [])
    #expect(log.verdict().figures["repeated_calls_in_log"] == 1)
  }

  @Test("catches more repeated calls than the kills explain, in the log and at the provider") func repeats() {
    var log = HandMadeLog()
    log.outcome("gen-1", "answer/0/-/0", content: "the answer", execution: "second")
    #expect(log.broken() == [.repeats])
    log = HandMadeLog()
    log.record.simulatorRepeats = 1
    #expect(log.broken() == [.repeats])
    // what had just finished there when it was killed may not have been committed
    log.record.kills = [ClientRecord.Kill(service: "model-caller", instance: "a", at: 5_000, inFlight: 0)]
    #expect(log.broken() == [.repeats])
    log.outcome("gen-2", "answer/0/-/0", content: "the answer", instance: "a", at: 4_950)
    #expect(log.broken() == [])
  }

  @Test("catches a digest, and a total, that cannot be had from the events") func digests() {
    var log = HandMadeLog()
    log.lose { $0.name == "analysis.completed" && $0.subject == "gen-1" }
    #expect(log.broken() == [.digests, .seals])
    log = HandMadeLog()
    log.lose { $0.isTerminal && $0.subject == "gen-1" }
    log.end("gen-1", cost: 7)
    #expect(log.broken() == [.digests, .results])
  }

  @Test("catches a completion before the seal") func seals() {
    var log = HandMadeLog()
    log.lose { $0.name == "panel.assembled" && $0.subject == "gen-1" }
    #expect(log.broken().contains(.seals))
  }

  @Test("does not pass what it could not read: gaps, an unfinished record, dead letters, an empty run")
  func incomplete() {
    var log = HandMadeLog()
    #expect(!log.verdict(gaps: ["a gap"]).passed)
    log.record.isOver = false
    #expect(log.broken() == [.complete])
    log = HandMadeLog()
    log.add(.deadLetters, "gen-1", "x", "0", [:])
    #expect(log.broken() == [.readable])
    #expect(log.broken(Verdict.Demands(deadLetters: true)) == [])
    var empty = ClientRecord()
    empty.isOver = true
    #expect(Verdict(History([], record: empty)).findings.map(\.rule) == [.complete])
  }

  @Test("reads the clients' lines, and counts those it cannot") func lines() {
    var record = ClientRecord()
    record.take(line: Array(#"{"kind":"ask","number":3,"id":"gen-3","status":200,"answer_sha256":"ab"}"#.utf8))
    record.take(line: Array(#"{"kind":"kill","service":"judge","instance":"judge-0","at":7,"in_flight":0}"#.utf8))
    record.take(line: Array(#"{"kind":"sent","id":"gen-4"}"#.utf8))
    record.take(line: Array("{\"kind\":".utf8))
    record.take(line: Array(#"{"kind":"over"}"#.utf8))
    #expect(record.ids == ["gen-3", "gen-4"])
    #expect(record.kills.map(\.service) == ["judge"])
    #expect(record.unreadableLines == 1)
    #expect(record.isOver)
  }
}

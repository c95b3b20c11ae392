import Bus
import Deliberation

/// What came of one request: what its client got, and what stands on the topics.
struct FusionOutcome: Sendable {
  let code: Int64
  let body: JSON
  /// Type and value of each event, in log order.
  let events: [(type: String, value: JSON)]

  /// The fusion of an answer, or of an error that has one.
  var fusion: JSON? { body["fusion"] ?? body["error"]?["metadata"]?["fusion"] }

  /// The text of the answer, in either form.
  var text: String? {
    body["choices"]?[0]?["message"]?["content"]?.string
      ?? body["output"]?.array?.first { $0["type"] == "message" }?["content"]?[0]?["text"]?.string
  }

  var failureReason: String? {
    fusion?["failure_reason"]?.string
  }

  func event(_ name: String) -> JSON? { events.first { $0.type == "conclave.\(name).v1" }?.value }

  func count(_ name: String, where matches: (JSON) -> Bool = { _ in true }) -> Int {
    events.count { $0.type == "conclave.\(name).v1" && matches($0.value) }
  }

  /// What is not as `expected` says.
  func faults(_ expected: FusionCase) -> [String] {
    var faults: [String] = []
    func hold<Value: Equatable>(_ what: String, _ found: Value, _ wanted: Value) {
      if found != wanted { faults.append("\(what) is \(found), not \(wanted)") }
    }
    hold("the status", code, expected.code)
    hold("fusion.status", fusion?["status"]?.string, expected.fusion)
    hold("decision.made.outcome", event("decision.made")?["outcome"]?.string, expected.decision)
    if let fusion {
      hold("failure_reason", failureReason, expected.reason)
      hold("sealed", fusion["sealed"]?.string, expected.sealed)
      hold("failed_models", fusion["failed_models"]?.array?.map { $0["reason"]?.string ?? "" }, expected.failed)
      hold("whether there is a winner", fusion["winner"] != nil, expected.hasWinner)
      if let winner = expected.winner { hold("winner", fusion["winner"]?.int, winner) }
      hold("responses", fusion["responses"]?.array?.count, expected.responses)
      let hasAnalysis = expected.hasAnalysis ?? (expected.fusion == "ok" && expected.reason == nil)
      hold("whether there is an analysis", fusion["analysis"]?["consensus"]?.array != nil, hasAnalysis)
    }
    if expected.code == 200, body["status"] != "failed", text?.isEmpty ?? true,
      body["choices"]?[0]?["message"]?["tool_calls"] == nil
    {
      faults.append("nothing was answered")
    }
    return faults + expected.also(self)
  }
}

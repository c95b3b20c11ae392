import Deliberation
import Settings
import Telemetry
import Testing
import Threads
import Web

@testable import Gateway

/// A ledger that answers as it was told to, and remembers what it was asked.
@Suite("What the ledger knows") struct LedgerTests {
  private static func answering(
    _ answers: [String: (Int, JSON)], _ body: (Records, Recollection, Lock<[String]>) async throws -> Void
  ) async throws {
    let asked = Lock<[String]>([])
    let server = try HTTPServer(SocketAddress("127.0.0.1:0"), log: .silent) { request, responder in
      let query = request.query.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
      asked.withLock { $0.append(request.path + (query.isEmpty ? "" : "?\(query)")) }
      let (status, json) = answers[request.path] ?? (404, [:])
      responder.respond(status, Failure.headers(), json.bytes)
    }
    defer { server.stop() }
    let known = Recollection()
    let records = Records(known: known, ledger: LedgerClient(base: "http://127.0.0.1:\(server.port)", token: nil))
    defer { records.stop() }
    try await body(records, known, asked)
  }

  @Test("is asked for the state, the tenant and the result") func result() async throws {
    let json: JSON = [
      "id": "d", "status": "completed", "tenant": "acme", "code": 200, "body_sha256": "ab", "result": ["x": 1],
    ]
    try await Self.answering(["/v1/deliberations/d": (200, json)]) { records, _, asked in
      guard case .known(let found) = await records.find("d") else { throw Failure.unknown("d") }
      #expect(found.tenant == "acme" && found.status == "completed" && found.bodyHash == "ab" && !found.isOpen)
      #expect(found.result?.code == 200 && found.result?.body == ["x": 1])
      guard case .missing = await records.find("nobody") else { throw Failure.unknown("nobody") }
      #expect(asked.withLock { $0 } == ["/v1/deliberations/d", "/v1/deliberations/nobody"])
    }
  }

  @Test("comes in pages until its end") func events() async throws {
    let json: JSON = ["events": [["id": "d/a/1", "seq": 7]], "next": 7, "status": "completed"]
    try await Self.answering(["/v1/deliberations/d/events": (200, json)]) { records, _, asked in
      let page = try await records.events("d", after: 3)
      #expect(page.next == 7 && page.isOver && page.events.count == 1)
      #expect(asked.withLock { $0.first } == "/v1/deliberations/d/events?after=3&limit=1000&wait_ms=0")
    }
  }

  @Test("has every field of a generation that OpenRouter's clients want") func generation() async throws {
    let json: JSON = ["data": ["id": "d", "status": "completed", "tenant": "acme", "router": "openrouter/fusion"]]
    try await Self.answering(["/v1/generation": (200, json)]) { records, _, _ in
      let data = try #require(try await records.generation("d")?["data"])
      #expect(data["router"] == "openrouter/fusion" && data["tenant"] == nil)
      #expect(data["workspace_id"] == .null && data["origin"] == "")
    }
  }

  @Test("is no excuse: while it is silent, what this gateway saw itself is still told") func silent() async throws {
    try await Self.answering(["/v1/deliberations/mine": (500, [:]), "/v1/deliberations/other": (500, [:])]) {
      records, known, _ in
      known.begin(
        "mine", Recollection.Entry(tenant: "t", ask: "a", form: .chat, bodyHash: "", isStreamed: false, asked: 0))
      guard case .known(let found) = await records.find("mine") else { throw Failure.unknown("mine") }
      #expect(found.isOpen)
      guard case .unreachable(let failure) = await records.find("other") else { throw Failure.unknown("other") }
      #expect(failure.status == 503)
    }
  }
}

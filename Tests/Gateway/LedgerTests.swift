import Deliberation
import Settings
import Telemetry
import Testing
import Threads
import Waiting
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

  @Test("is asked first, and what it has forgotten is forgotten here too") func forgotten() async throws {
    let json: JSON = [
      "id": "d", "status": "completed", "tenant": "acme", "deliberation": ["forgotten": ["by": "operator"]],
    ]
    try await Self.answering(["/v1/deliberations/d": (200, json)]) { records, known, _ in
      known.begin(
        "d", Recollection.Entry(tenant: "acme", ask: "a", form: .chat, bodyHash: "ab", isStreamed: false, asked: 0))
      known.result("d", 200, ["secret": 1], now: 1)
      guard case .known(let found) = await records.find("d") else { throw Failure.unknown("d") }
      #expect(found.isForgotten && !found.isOpen && found.result == nil)
      #expect(known["d"] == nil)
    }
  }

  @Test("is behind for a moment: what ended here is told, what is open there has the log's body") func behind()
    async throws
  {
    let json: JSON = [
      "id": "d", "status": "open", "tenant": "acme", "body_sha256": "ab",
      "deliberation": ["panel": ["a", "b", "c"]],
    ]
    try await Self.answering(["/v1/deliberations/d": (200, json)]) { records, known, _ in
      let entry = Recollection.Entry(tenant: "acme", ask: "a", form: .chat, bodyHash: "x", isStreamed: false, asked: 0)
      known.begin("d", entry)
      known.begin("e", entry)
      guard case .known(let found) = await records.find("d") else { throw Failure.unknown("d") }
      #expect(found.isOpen && found.bodyHash == "ab" && found.members == 3)
      // what is remembered here of an open one may be an ask that is about to be refused
      guard case .known(let own) = await records.find("e") else { throw Failure.unknown("e") }
      #expect(own.isOpen && own.bodyHash == nil)
      known.result("d", 200, ["x": 1], now: 1)
      guard case .known(let ended) = await records.find("d") else { throw Failure.unknown("d") }
      #expect(ended.result?.body == ["x": 1] && ended.bodyHash == "x")
    }
  }

  @Test("says whether it holds an ask, and whether under a key it is that of the same body") func holds() async throws {
    let answers: [String: (Int, JSON)] = [
      "/v1/deliberations/d": (200, ["id": "d", "status": "open", "body_sha256": "ab"]),
      "/v1/deliberations/w": (200, ["id": "w", "status": "open"]),
    ]
    try await Self.answering(answers) { records, _, _ in
      let limit = Duration.milliseconds(300)
      #expect(await records.holds("d", body: nil, within: limit) == .held(status: "open"))
      #expect(await records.holds("d", body: "ab", within: limit) == .held(status: "open"))
      #expect(await records.holds("d", body: "cd", within: limit) == .other)
      #expect(await records.holds("w", body: "ab", within: limit) == .held(status: "open"))
      #expect(await records.holds("nobody", body: nil, within: limit) == .lost)
    }
  }

  @Test("answers late, is waited for, and is no excuse for a conflict", arguments: ["gone", "late", "silent"])
  func late(_ kind: String) async throws {
    let answers: [String: (Int, JSON)] = [
      "/v1/deliberations/gone": (200, ["id": "gone", "status": "completed"]),
      "/v1/deliberations/silent": (500, [:]),
    ]
    let lobby = try Lobby()
    defer { lobby.stop() }
    try await Self.answering(answers) { records, known, _ in
      let (client, answer) = try await lobby.client(kind)
      if kind == "late" {
        let entry = Recollection.Entry(tenant: "t", ask: "a", form: .chat, bodyHash: "", isStreamed: false, asked: 0)
        known.begin(kind, entry)
        known.result(kind, 200, ["x": 1], now: 1)
      }
      await records.answerLate(client, within: .milliseconds(500))
      let expected = ["gone": 409, "late": 200, "silent": 503]
      #expect(await answer.value?.status == expected[kind])
    }
  }

  @Test("says what the day has cost, once it can be asked") func bill() async throws {
    let rows: [JSON] = [
      ["day": "2026-01-02", "tenant": "acme", "key": "0123456789abcdef", "cost": 0.75, "cost_repeated": 0.5],
      ["day": "2026-01-02", "tenant": "acme", "key": "fedcba9876543210", "cost": 0.75, "cost_repeated": 0],
      ["day": "2026-01-02", "tenant": "acme", "key": .null, "cost": 9, "cost_repeated": 0],
      ["day": "2026-01-03", "tenant": "acme", "key": "fedcba9876543210", "cost": 9, "cost_repeated": 0],
    ]
    let asked = Lock(0)
    let server = try HTTPServer(SocketAddress("127.0.0.1:0"), log: .silent) { request, responder in
      let isFirst = asked.withLock { count in
        count += 1
        return count == 1
      }
      let json: JSON = ["days": .array(rows)]
      responder.respond(isFirst ? 500 : 200, Failure.headers(), json.bytes)
    }
    defer { server.stop() }
    let now = try #require(Moment(rfc3339: "2026-01-02T12:00:00.000Z")).milliseconds
    let keys = Keys([
      APIKey(tenant: "acme", sha256: "0123456789ABCDEF00", costPerDay: 1),
      APIKey(tenant: "acme", sha256: "fedcba987654321000", costPerDay: 1),
    ])
    let entrance = Gateway.Entrance(keys, Admission.Bounds(open: 9, bytes: 1_000), metrics: Metrics(), now: now)
    let ledger = LedgerClient(base: "http://127.0.0.1:\(server.port)", token: nil)
    let bill = Bill(entrance, ledger) { now }
    defer {
      bill.stop()
      ledger.stop()
    }
    let load = Admission.Load(question: 1, members: 0, partition: 0)
    var patience = Patience(.seconds(20))
    var status = 0
    while status != 402, !patience.isOver() {
      do {
        entrance.leave(try entrance.enter(Visitor(tenant: "acme", key: 0), load, now: now), cost: 0, now: now)
      } catch {
        status = error.status
      }
      await Task.yield()
    }
    #expect(status == 402)
    // what others of the same tenant cost, or nobody's key, is not this one's
    _ = try entrance.enter(Visitor(tenant: "acme", key: 1), load, now: now)
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

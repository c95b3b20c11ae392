import Bus
import Deliberation
import Settings
import Telemetry
import Testing
import Threads
import Web

@testable import Gateway

@Suite("Those who wait", .timeLimit(.minutes(1))) struct WaitingTests {
  private static let narrow = APIKey(tenant: "acme", sha256: "", concurrent: 1, costPerDay: 1)

  private static func answer(cost: Double) -> JSON { ["id": "gen-1", "usage": ["cost": .double(cost)]] }

  @Test("hold their key's room until what they asked for has ended, also when they go", arguments: [false, true])
  func hangUp(streamed: Bool) async throws {
    let lobby = try Lobby(Self.narrow)
    defer { lobby.stop() }
    let manner = Client.Manner.stream(ChatStream(id: "gen-1", created: 0, model: "m"))
    let (client, _) = try await lobby.client(as: streamed ? manner : .whole(nil))
    #expect(client.acknowledged(1))
    #expect(!lobby.hasRoom)
    #expect(lobby.waiting.leave(client))
    #expect(!lobby.hasRoom && lobby.waiting.isDeserted("gen-1", tenant: "acme"))
    #expect(!lobby.waiting.isDeserted("gen-1", tenant: "other"))
    lobby.waiting.heard(.result(deliberation: "gen-1", code: 499, body: Self.answer(cost: 2)))
    // there is room again, and the day is paid for
    do {
      _ = try lobby.entrance.enter(Lobby.visitor, Admission.Load(question: 1, members: 0, partition: 0), now: 0)
      Issue.record("what was read and not waited for to its end cost nothing")
    } catch { #expect(error.status == 402) }
  }

  @Test("let one come back to what nobody waits for any more, who holds nothing of their own") func comeBack()
    async throws
  {
    let lobby = try Lobby(Self.narrow)
    defer { lobby.stop() }
    let (first, _) = try await lobby.client(ask: "ask-1")
    #expect(lobby.waiting.leave(first))
    let (second, answer) = try await lobby.client(ask: "ask-2", holding: false)
    #expect(!lobby.waiting.isDeserted("gen-1", tenant: "acme"))
    let (third, _) = try await lobby.client(ask: "ask-3", holding: false)
    #expect(!lobby.waiting.leave(third))
    lobby.waiting.heard(.result(deliberation: "gen-1", code: 200, body: Self.answer(cost: 0.25)))
    #expect(await answer.value?.status == 200)
    #expect(lobby.hasRoom)
    withExtendedLifetime(second) {}
  }

  @Test("are told by the ask they came with: one that fails takes nobody along") func secondAsk() async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    let (first, answer) = try await lobby.client(ask: "ask-1", body: "ab")
    #expect(first.acknowledged(1))
    let (second, refused) = try await lobby.client(ask: "ask-2", body: "cd")
    lobby.waiting.refused(second, Failure(503, "provider_unavailable", "the bus did not take it"))
    #expect(await refused.value?.status == 503)
    #expect(lobby.known["gen-1"]?.bodyHash == "ab")
    let (third, other) = try await lobby.client(ask: "ask-3", body: "cd", since: 20_000)
    #expect(!third.isAcknowledged)
    // its time is over, and that of the first is not
    lobby.waiting.sweep(now: 26_000, unacknowledgedAfter: 5_000)
    #expect(await other.value?.status == 503)
    lobby.waiting.heard(.result(deliberation: "gen-1", code: 200, body: Self.answer(cost: 0)))
    #expect(await answer.value?.status == 200)
  }

  @Test("are told to ask again when no broker takes their ask, and then that ask is void", arguments: [false, true])
  func heldAcknowledgement(isAttended: Bool) async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    let (client, answer) = try await lobby.client(as: isAttended ? .whole(nil) : .acceptance)
    lobby.waiting.sweep(now: 5_000, unacknowledgedAfter: 5_000)
    lobby.waiting.sweep(now: 5_001, unacknowledgedAfter: 5_000)
    let response = try #require(await answer.value)
    #expect(response.status == 503)
    // no id leaves before the acknowledgement
    #expect(!response.headers.contains { $0.0.lowercased() == "x-generation-id" })
    #expect(!client.acknowledged(6_000))
  }

  @Test("are not given up once a broker has their ask") func acknowledged() async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    let (client, answer) = try await lobby.client(as: .acceptance, until: 60_000)
    #expect(client.acknowledged(4_000))
    lobby.waiting.sweep(now: 30_000, unacknowledgedAfter: 5_000)
    client.accept("open")
    let response = try #require(await answer.value)
    #expect(response.status == 202)
    #expect(response.headers.contains { $0.0.lowercased() == "x-generation-id" && $0.1 == "gen-1" })
    // what becomes of it is not told on a connection that has been answered
    lobby.waiting.sweep(now: 60_000, unacknowledgedAfter: 5_000)
    #expect(lobby.hasRoom)
  }

  @Test("hear of a refusal of their own ask, also where they wait for no answer") func refusedAlone() async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    let (_, answer) = try await lobby.client(ask: "ask-2", as: .acceptance)
    lobby.waiting.heard(
      .refused(deliberation: "gen-1", ask: "ask-2", code: 422, body: ["error": ["code": 422]]))
    #expect(await answer.value?.status == 422)
    // a result before the word that it was taken in is none of theirs
    let (client, accepted) = try await lobby.client(ask: "ask-3", as: .acceptance)
    lobby.waiting.heard(.result(deliberation: "gen-1", code: 200, body: Self.answer(cost: 0)))
    client.accept("completed")
    #expect(await accepted.value?.status == 202)
    // and where that word does not come they are told so, whatever has ended meanwhile
    let (lost, told) = try await lobby.client(ask: "ask-4", as: .acceptance)
    lobby.waiting.heard(.result(deliberation: "gen-1", code: 200, body: Self.answer(cost: 0)))
    lobby.waiting.refused(lost, Failure(503, "provider_unavailable", "the ledger does not hold it"))
    #expect(await told.value?.status == 503)
  }

  @Test("are let go when they read too slowly, those first who hold most") func shed() async throws {
    let lines = Lock<[String]>([])
    let log = Log(service: "gateway", instance: "0", level: .info, format: .text) { line in
      lines.withLock { $0.append(line) }
    }
    let lobby = try Lobby(bufferedBytes: 20_000_000, log: log)
    defer { lobby.stop() }
    func stream(_ id: String) -> Client.Manner { .stream(ChatStream(id: id, created: 0, model: "m")) }
    // more than the sockets between take, and nobody reads before it is all there
    let (large, cut) = try await lobby.client("gen-1", as: stream("gen-1"))
    let (small, whole) = try await lobby.client("gen-2", ask: "ask-2", as: stream("gen-2"))
    for (id, bytes) in [("gen-1", 60_000_000), ("gen-2", 1_000)] {
      let text = String(repeating: "x", count: bytes)
      let call = try #require(CallID("\(id)/answer/0/-/0"))
      lobby.waiting.heard(
        .deltas([Reply.Delta(call: call, execution: "one", offset: 0, text: text)]))
    }
    lobby.waiting.sweep(now: 1, unacknowledgedAfter: 5_000)
    #expect(large.bufferedBytes == 0 && small.isAcknowledged)
    #expect(await cut.value == nil)
    let shed = lines.withLock { $0.filter { $0.contains("stream.shed") } }
    let trace = try #require(Trace.trace(of: nil, subject: "gen-1"))
    #expect(shed.count == 1 && shed[0].contains("deliberation=gen-1") && shed[0].contains("trace=\(trace)"), "\(shed)")
    lobby.waiting.heard(
      .result(deliberation: "gen-2", code: 200, body: Telling.completion(String(repeating: "x", count: 1_000))))
    #expect(await whole.value?.status == 200)
  }

  @Test("learn that the gateway ends, and cancel nothing by that") func close() async throws {
    let lobby = try Lobby()
    defer { lobby.stop() }
    let (client, answer) = try await lobby.client()
    #expect(client.acknowledged(1))
    lobby.waiting.close()
    let response = try #require(await answer.value)
    #expect(response.status == 503 && response.headers.contains { $0.0.lowercased() == "x-generation-id" })
    // an acknowledgement that comes now is none of an ask that was given up
    #expect(client.acknowledged(2))
    #expect(!lobby.waiting.leave(client))
  }
}

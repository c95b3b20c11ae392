import Deliberation
import Settings
import Telemetry
import Testing
import Threads
import Web

@testable import Gateway

/// Everything that clients wait with, and a server that their requests really come in at; what is asked of the bus is
/// told by the test.
final class Lobby: Sendable {
  let known = Recollection()
  let entrance: Gateway.Entrance
  let waiting: Waiting
  let lates = Lock<[Client]>([])
  private let server: HTTPServer
  private let visits: Lock<[Visit]>
  private let http = HTTPClient()
  static let visitor = Visitor(tenant: "acme", key: 0)

  init(_ key: APIKey = APIKey(tenant: "acme", sha256: ""), bufferedBytes: Int = 256_000_000, log: Log = .silent)
    throws
  {
    let visits = Lock<[Visit]>([])
    self.visits = visits
    let lates = lates
    let entrance = Gateway.Entrance(
      Keys([key]), Admission.Bounds(open: 9, bytes: 1_000_000), metrics: Metrics(), now: 0)
    self.entrance = entrance
    var limits = HTTPServerLimits()
    limits.streamBytes = 100_000_000
    server = try HTTPServer(SocketAddress("127.0.0.1:0"), limits: limits, log: .silent) { request, responder in
      visits.withLock { $0.append(Visit(request, responder, headers: [], log: .silent)) }
    }
    waiting = Waiting(
      gateway: "gateway-0", incarnation: "one", known: known, bufferedBytes: bufferedBytes, log: log,
      metrics: Metrics(), over: { client, cost in client.leave(entrance, cost: cost, now: 0) },
      late: { client in lates.withLock { $0.append(client) } })
  }

  func stop() {
    http.shutdown()
    server.stop()
  }

  /// An answer that is under way.
  typealias Answer = Task<HTTPResponse?, Never>

  /// Somebody asks; what they are answered, and how they wait.
  func client(
    _ deliberation: String = "gen-1", ask: String = "ask-1", body: String = "ab",
    as manner: Client.Manner = .whole(nil),
    since: Int64 = 0, until: Int64 = 1_000_000, holding: Bool = true
  ) async throws -> (client: Client, answer: Answer) {
    let before = visits.withLock { $0.count }
    let port = server.port
    let http = http
    let answer = Answer {
      try? await http.send(HTTPRequest(url: "http://127.0.0.1:\(port)/", headers: []))
    }
    while visits.withLock({ $0.count }) == before { await Task.yield() }
    let visit = try #require(visits.withLock { $0.last })
    let entry = Recollection.Entry(
      tenant: "acme", ask: ask, form: .chat, bodyHash: body, isStreamed: false, asked: since)
    let client = Client(deliberation, entry, visit, manner, since: since, until: until)
    if holding {
      let load = Admission.Load(question: 10, members: 0, partition: 0)
      client.hold(try entrance.enter(Self.visitor, load, now: since))
    }
    known.begin(deliberation, entry)
    #expect(waiting.add(client))
    return (client, answer)
  }

  /// Whether the key may have another one open.
  var hasRoom: Bool {
    guard let ticket = try? entrance.enter(Self.visitor, Admission.Load(question: 10, members: 0, partition: 0), now: 0)
    else { return false }
    entrance.leave(ticket, cost: 0, now: 0)
    return true
  }
}

import Deliberation
import Foundation
import Telemetry
import Testing
import Web

@testable import Ledger

@Suite("The ledger's door") struct DoorTests {
  private func withDoor(_ token: String?, _ body: (String, Shelf) async throws -> Void) async throws {
    let shelf = try Shelf()
    var teller = Teller(seed: 61)
    teller.tenants = ["one", "two"]
    try shelf.write(teller.records(300))
    let readers = Readers(path: shelf.file.path, count: 1, log: .silent) { _ in }
    let door = LedgerDoor(
      readers: readers, news: News(), forgetting: nil, life: 1, token: token, log: .silent, metrics: Metrics())
    let server = try HTTPServer(try SocketAddress("127.0.0.1:0"), limits: HTTPServerLimits(), log: .silent) {
      door.enter($0, $1)
    }
    try await body("http://127.0.0.1:\(server.port)", shelf)
    server.stop(within: .seconds(2))
    readers.stop()
  }

  private func get(_ url: String, _ headers: [(String, String)] = []) async throws -> (status: Int, body: JSON) {
    let client = HTTPClient()
    defer { client.shutdown() }
    let request = HTTPRequest(url: url, headers: headers, timeouts: HTTPRequest.Timeouts(total: .seconds(20)))
    let answer = try await client.send(request)
    return (answer.status, try JSON.parse(answer.body))
  }

  @Test("opens to whoever shows the token, where there is one") func token() async throws {
    try await withDoor("secret") { url, _ in
      let bare = try await get(url + "/v1/end")
      #expect(bare.status == 401)
      for wrong in ["Bearer other!", "Bearer secret2", "Basic secret", "Bearer"] {
        let answer = try await get(url + "/v1/end", [("Authorization", wrong)])
        #expect(answer.status == 401)
      }
      let shown = try await get(url + "/v1/end", [("Authorization", "Bearer secret")])
      #expect(shown.status == 200)
    }
    let error = LedgerError.open("0.0.0.0:8090").description
    #expect(error.contains("CONCLAVE_LEDGER_TOKEN"))
  }

  @Test("says of every wrong question what is wrong") func wrong() async throws {
    try await withDoor(nil) { url, _ in
      for (path, status) in [
        ("/", 404), ("/v1", 404), ("/v1/nothing", 404), ("/v1/deliberations/gen-nobody", 404),
        ("/v1/deliberations?limit=0", 400), ("/v1/deliberations?limit=x", 400), ("/v1/deliberations?since=monday", 400),
        ("/v1/deliberations?cursor=x", 400), ("/v1/search", 400), ("/v1/generation", 400),
        ("/v1/generation?id=gen-nobody", 404), ("/v1/records?wait_ms=-1", 400), ("/v1/verification?id=gen-nobody", 404),
        ("/v1/deliberations/a/b/c/d", 404),
      ] {
        let answer = try await get(url + path)
        #expect(answer.status == status, "\(path)")
        #expect(answer.body["error"]?["message"]?.string?.isEmpty == false, "\(path)")
      }
    }
  }

  @Test("shows a deliberation to its own tenant alone, and its records page by page") func tenants() async throws {
    try await withDoor(nil) { url, shelf in
      let list = try await get(url + "/v1/deliberations?tenant=two&limit=1").body
      let id = try #require(list["deliberations"]?[0]?["id"]?.string)
      #expect(list["next"]?.string != nil)
      for path in ["", "/events", "/timeline"] {
        let own = try await get(url + "/v1/deliberations/\(id)\(path)?tenant=two")
        let others = try await get(url + "/v1/deliberations/\(id)\(path)?tenant=one")
        #expect(own.status == 200 && others.status == 404, "\(path)")
      }
      var (seen, after) = (0, Int64(0))
      while true {
        let page = try await get(url + "/v1/records?after=\(after)&limit=70&brief=1").body
        guard let events = page["events"]?.array, !events.isEmpty else { break }
        #expect(events.allSatisfy { $0["data"] == nil && $0["hash"] != nil })
        seen += events.count
        after = page["next"]?.int ?? .max
      }
      let rows = try shelf.number("SELECT count(*) FROM events")
      #expect(Int64(seen) == rows)
      let calls = try await get(url + "/v1/calls?limit=500").body["calls"]?.array ?? []
      let made = try shelf.number("SELECT count(*) FROM calls")
      #expect(Int64(calls.count) == made)
    }
  }
}

import Telemetry
import Testing
import Web

@Suite("The admin port") struct AdminServerTests {
  @Test("shows life, readiness with what is missing, and metrics") func paths() async throws {
    let metrics = Metrics()
    metrics.counter("conclave_things_total", "Things.").add(3)
    let readiness = Readiness()
    let bus = readiness.condition("bus", initially: "no broker answers")
    let admin = try AdminServer(
      SocketAddress("127.0.0.1:0"), metrics: metrics, readiness: readiness, log: .silent)
    defer { admin.stop() }
    let client = HTTPClient()
    func get(_ path: String, method: String = "GET") async throws -> (Int, String) {
      let response = try await client.send(HTTPRequest(method: method, url: "http://\(admin.address)\(path)"))
      return (response.status, String(decoding: response.body, as: UTF8.self))
    }
    #expect(try await get("/healthz") == (200, "alive\n"))
    #expect(try await get("/readyz") == (503, "not ready\nbus: no broker answers\n"))
    bus.met()
    #expect(try await get("/readyz") == (200, "ready\n"))
    #expect(try await get("/metrics").1.contains("\nconclave_things_total 3\n"))
    #expect(try await get("/else").0 == 404)
    #expect(try await get("/healthz", method: "POST").0 == 405)
    #expect(try await get("/healthz", method: "HEAD") == (200, ""))
  }
}

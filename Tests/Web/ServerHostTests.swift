import Telemetry
import Testing
import Threads
import Web

@Suite("Whoever a server works for", .timeLimit(.minutes(1))) struct ServerHostTests {
  @Test("takes no body of whoever is not welcome", arguments: ["", "Expect: 100-continue\r\n"])
  func unwelcome(expect: String) throws {
    let handed = Lock(0)
    let metrics = Metrics()
    let host = ServerHost(greet: { request in
      request.header("Authorization") == nil ? ServerAnswer(401, [("X-Why", "no key")], Array("no".utf8)) : nil
    })
    let server = try HTTPServer(
      SocketAddress(host: "127.0.0.1", port: 0), log: .silent, metrics: metrics, host: host
    ) { _, responder in
      handed.withLock { $0 += 1 }
      responder.respond(200)
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\n\(expect)Content-Length: 50000\r\n\r\n")
    if expect.isEmpty {
      client.send([UInt8](repeating: 120, count: 49_999))
      #expect(!metrics.render().contains("\nconclave_http_arriving_bytes 49999\n"))
      client.send("x")
    }
    #expect(client.isClosed())
    #expect(client.text.hasPrefix("HTTP/1.1 401 ") && client.text.contains("X-Why: no key"))
    #expect(handed.withLock { $0 } == 0)
    let known = try #require(RawClient(port: server.port))
    known.send("POST / HTTP/1.1\r\nHost: h\r\nAuthorization: me\r\nContent-Length: 1\r\n\r\nx")
    #expect(known.read { $0.hasPrefix("HTTP/1.1 200 ") })
  }

  @Test("asks whoever it works for what its own refusals say beside", arguments: [413, 408, 400])
  func refused(status: Int) throws {
    var limits = HTTPServerLimits()
    limits.bodyBytes = 1_000
    limits.bodyTime = .milliseconds(status == 408 ? 100 : 10_000)
    let told = Lock<[String]>([])
    let host = ServerHost(refused: { request, status, _ in
      told.withLock { $0.append("\(status) \(request.method) \(request.path)") }
      return [("X-Request-Id", request.header("X-Request-Id") ?? "")]
    })
    let server = try HTTPServer(
      SocketAddress(host: "127.0.0.1", port: 0), limits: limits, log: .silent, host: host
    ) { _, responder in responder.respond(200) }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    let length = [
      413: "Content-Length: 2000", 408: "Content-Length: 20", 400: "Content-Length: 3\r\nContent-Length: 4",
    ]
    client.send("POST /x HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\n\(length[status] ?? "")\r\n\r\n")
    if status == 413 { client.send([UInt8](repeating: 120, count: 2_000)) }
    #expect(client.isClosed())
    #expect(client.text.hasPrefix("HTTP/1.1 \(status) ") && client.text.contains("X-Request-Id: mine\r\n"))
    #expect(told.withLock { $0 } == ["\(status) POST /x"])
  }
}

import Telemetry
import Testing
import Threads
import Web

@Suite("An HTTP server under bad clients", .timeLimit(.minutes(1))) struct HTTPServerLimitsTests {
  private func server(
    _ limits: HTTPServerLimits, metrics: Metrics = Metrics(),
    _ handle: @escaping @Sendable (ServerRequest, Responder) -> Void = { request, responder in
      responder.respond(200, [], Array("\(request.body.count) bytes".utf8))
    }
  ) throws -> HTTPServer {
    try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), limits: limits, log: .silent, metrics: metrics, handle)
  }

  private func small() -> HTTPServerLimits {
    var limits = HTTPServerLimits()
    limits.bodyBytes = 1_000
    limits.bodySetting = "limits.record_bytes"
    return limits
  }

  private static let tooLarge =
    "{\"error\":{\"code\":413,\"message\":\"the body has more than 1000 bytes; the limit is set by limits.record_bytes\","
    + "\"metadata\":{\"error_type\":\"payload_too_large\"}}}"

  @Test(
    "answers a body over the limit with 413, read to its end so that the client sees it", arguments: [1_001, 5_000_000])
  func bodyTooLarge(size: Int) throws {
    let server = try server(small())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
    #expect(client.send([UInt8](repeating: 120, count: size)))
    #expect(client.isClosed())
    #expect(client.text.hasPrefix("HTTP/1.1 413 "))
    #expect(client.text.hasSuffix(Self.tooLarge))
  }

  @Test("takes a body of just the limit") func bodyFits() throws {
    let server = try server(small())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
    client.send([UInt8](repeating: 120, count: 1_000))
    #expect(client.read { $0.hasSuffix("1000 bytes") })
  }

  @Test("counts a chunked body as it comes") func chunkedTooLarge() throws {
    let server = try server(small())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in 0..<20 { client.send("64\r\n\(String(repeating: "x", count: 100))\r\n") }
    client.send("0\r\n\r\n")
    #expect(client.isClosed())
    #expect(client.text.hasSuffix(Self.tooLarge))
  }

  @Test("refuses before the body where the client asks first") func expectTooLarge() throws {
    let server = try server(small())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n")
    #expect(client.isClosed())
    #expect(client.text.hasPrefix("HTTP/1.1 413 "))
  }

  @Test("cuts a body that goes on without end") func endlessBody() throws {
    var limits = small()
    limits.discardBytes = 100_000
    let server = try server(limits)
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    var sent = 0
    while client.send("2710\r\n\(String(repeating: "x", count: 10_000))\r\n"), sent < 100_000_000 { sent += 10_000 }
    #expect(sent < 100_000_000)
  }

  @Test("refuses headers over the limit", arguments: [20_000, 200_000]) func headersTooLarge(size: Int) throws {
    let server = try server(HTTPServerLimits())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX: \(String(repeating: "y", count: size))\r\n\r\n")
    #expect(client.isClosed())
    #expect(client.received.isEmpty || client.text.hasPrefix("HTTP/1.1 431 "))
  }

  @Test(
    "refuses a length that two readers could understand differently",
    arguments: [
      "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: gzip", "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", "Content-Length: -1",
      "Content-Length: 99999999999999999999",
    ]) func ambiguous(headers: String) throws
  {
    let server = try server(HTTPServerLimits())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\n\(headers)\r\n\r\n0\r\n\r\n")
    #expect(client.read { $0.hasPrefix("HTTP/1.1 4") })
    client.halfClose()
    #expect(client.isClosed())
    #expect(!client.text.contains("200 OK"))
  }

  @Test(
    "never answers what hides behind a header that others could read differently",
    arguments: [
      "Transfer-Encoding : chunked\r\nContent-Length: 4", "Content-Length : 4", "Content-Length\t: 4", "X Y: z",
      "X\u{1}: z", "\u{e4}: z",
    ]) func malformed(headers: String) throws
  {
    let server = try server(HTTPServerLimits())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\n\(headers)\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(client.isClosed())
    #expect(client.text.hasPrefix("HTTP/1.1 400 "))
    #expect(!client.text.contains("200 OK"))
  }

  @Test(
    "answers chunks that are none with 400, and goes on",
    arguments: ["zz\r\n", "-1\r\nx\r\n", "3\r\nabcd\r\n", "\r\n", "ffffffffffffffffff\r\n"])
  func chunkedGarbage(chunk: String) throws {
    let server = try server(HTTPServerLimits())
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)")
    #expect(client.isClosed())
    #expect(client.text.hasPrefix("HTTP/1.1 400 ") || client.text.hasPrefix("HTTP/1.1 413 "))
    let next = try #require(RawClient(port: server.port))
    next.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(next.read { $0.hasSuffix("0 bytes") })
  }

  @Test("closes a connection whose headers come too slowly") func slowHeaders() throws {
    var limits = HTTPServerLimits()
    limits.headerTime = .milliseconds(200)
    let metrics = Metrics()
    let server = try server(limits, metrics: metrics)
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHo")
    // each byte is activity, and yet the time is not prolonged
    let late = timeUntil {
      client.send("s")
      return client.isClosed(within: .milliseconds(20))
    }
    #expect(try #require(late) >= .milliseconds(150))
    #expect(try #require(late) < .seconds(1))
    #expect(eventually { metrics.render().contains("conclave_http_refused_total{why=\"too_slow\"} 1") })
  }

  @Test("has bodies on their way in take no more than their room together, and lets small ones in beside large ones")
  func arriving() throws {
    var limits = HTTPServerLimits()
    limits.arrivingBytes = 100_000
    let metrics = Metrics()
    let server = try server(limits, metrics: metrics)
    defer { server.stop() }
    func begin() throws -> RawClient {
      let client = try #require(RawClient(port: server.port))
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n")
      client.send([UInt8](repeating: 120, count: 40_000))
      return client
    }
    let first = [try begin(), try begin()]
    #expect(eventually { metrics.render().contains("\nconclave_http_arriving_bytes 80000\n") })
    let third = try begin()
    third.send([UInt8](repeating: 120, count: 10_000))
    #expect(third.isClosed())
    #expect(third.text.hasPrefix("HTTP/1.1 503 ") && third.text.contains("Retry-After: 1"))
    let small = try #require(RawClient(port: server.port))
    small.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
    small.send([UInt8](repeating: 120, count: 1_000))
    #expect(small.read { $0.hasSuffix("1000 bytes") })
    for client in first {
      client.send([UInt8](repeating: 120, count: 10_000))
      #expect(client.read { $0.hasSuffix("50000 bytes") })
    }
    #expect(metrics.render().contains("\nconclave_http_arriving_bytes 0\n"))
  }

  @Test("gives each body its equal share where large ones have taken all the room") func shared() throws {
    var limits = HTTPServerLimits()
    limits.arrivingBytes = 100_000
    let metrics = Metrics()
    let server = try server(limits, metrics: metrics)
    defer { server.stop() }
    let large = try (0..<2).map { _ in
      let client = try #require(RawClient(port: server.port))
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n")
      client.send([UInt8](repeating: 120, count: 50_000))
      return client
    }
    #expect(eventually { metrics.render().contains("\nconclave_http_arriving_bytes 100000\n") })
    // a third of the room
    let small = try #require(RawClient(port: server.port))
    small.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n")
    small.send([UInt8](repeating: 120, count: 30_000))
    #expect(small.read { $0.hasSuffix("30000 bytes") })
    // and those that have more than theirs get no more
    large[0].send([UInt8](repeating: 120, count: 10_000))
    #expect(large[0].isClosed())
    #expect(large[0].text.hasPrefix("HTTP/1.1 503 "))
    large[1].send([UInt8](repeating: 120, count: 10_000))
    #expect(large[1].read { $0.hasSuffix("60000 bytes") })
  }

  @Test("answers a body that comes too slowly with 408") func slowBody() throws {
    var limits = HTTPServerLimits()
    limits.bodyTime = .milliseconds(200)
    let server = try server(limits)
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n")
    let late = timeUntil {
      client.send("s")
      return client.isClosed(within: .milliseconds(20))
    }
    #expect(try #require(late) < .seconds(1))
    #expect(client.text.hasPrefix("HTTP/1.1 408 "))
    #expect(eventually { server.openRequests == 0 })
  }

  @Test(
    "notices a client that goes away in the middle of its request",
    arguments: ["GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel"])
  func goneInTheMiddle(begin: String) throws {
    let metrics = Metrics()
    let server = try server(HTTPServerLimits(), metrics: metrics)
    defer { server.stop() }
    // the farewell comes with the last bytes, before they are read, or just after: libmicrohttpd alone misses some
    for _ in 0..<50 { RawClient(port: server.port)?.send(begin) }
    let late = timeUntil { server.openRequests == 0 && metrics.render().contains("\nconclave_http_connections 0\n") }
    #expect(try #require(late) < .seconds(3))
  }

  @Test("does not hurry a request that waits for its answer") func slowAnswer() throws {
    var limits = HTTPServerLimits()
    limits.headerTime = .milliseconds(50)
    limits.bodyTime = .milliseconds(50)
    limits.idleTime = .seconds(1)
    let waiting = Lock<[Responder]>([])
    let server = try server(limits) { _, responder in waiting.withLock { $0.append(responder) } }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(!client.isClosed(within: .milliseconds(1_500)))
    try #require(waiting.withLock { $0.first }).respond(200, [], Array("at last".utf8))
    #expect(client.read { $0.hasSuffix("at last") })
  }

  @Test("closes a connection that waits too long for its next request") func idle() throws {
    var limits = HTTPServerLimits()
    limits.idleTime = .seconds(1)
    let server = try server(limits)
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(client.read { $0.hasSuffix("0 bytes") })
    let late = timeUntil { client.isClosed(within: .milliseconds(20)) }
    #expect(try #require(late) > .milliseconds(800))
    #expect(try #require(late) < .seconds(3))
  }

  @Test("serves no more connections at a time than it may, and the next one afterwards") func connections() throws {
    var limits = HTTPServerLimits()
    limits.connections = 3
    let server = try server(limits)
    defer { server.stop() }
    let first = try (0..<3).map { _ in try #require(RawClient(port: server.port)) }
    for client in first {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(client.read { $0.hasSuffix("0 bytes") })
    }
    let next = try #require(RawClient(port: server.port))
    next.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(!next.read(within: .milliseconds(200)) { !$0.isEmpty })
    first[0].hangUp()
    #expect(next.read { $0.hasSuffix("0 bytes") })
  }

  @Test("survives whatever bytes come") func noise() throws {
    let server = try server(HTTPServerLimits())
    defer { server.stop() }
    var random = SeededGenerator(seed: 7)
    let words = [
      "GET ", "/", " HTTP/1.1\r\n", "Host: h", "\r\n", "Content-Length: ", "9", "\0", "%zz", "\u{FF}", ":", "\n",
    ]
    for round in 0..<400 {
      guard let client = RawClient(port: server.port) else {
        Issue.record("no connection in round \(round)")
        continue
      }
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        if Bool.random(using: &random) {
          bytes += Array(words[Int.random(in: 0..<words.count, using: &random)].utf8)
        } else {
          bytes += (0..<Int.random(in: 1...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
      }
      client.send(bytes)
      if Bool.random(using: &random) { client.halfClose() }
    }
    #expect(eventually { server.openRequests == 0 })
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(client.read { $0.hasSuffix("0 bytes") })
  }

  @Test("ends waiting requests when it stops, and calls that no hang-up") func stop() throws {
    let waiting = Lock<[(Responder, BodyWriter?)]>([])
    let server = try server(HTTPServerLimits()) { request, responder in
      responder.onClose { Issue.record("the end of the server is no hang-up") }
      let writer = request.path == "/stream" ? responder.stream(200) : nil
      waiting.withLock { $0.append((responder, writer)) }
    }
    let clients = try ["/", "/stream"].map { path in
      let client = try #require(RawClient(port: server.port))
      client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
      return client
    }
    #expect(eventually { waiting.withLock(\.count) == 2 })
    server.stop()
    for client in clients { #expect(client.isClosed()) }
    for (responder, writer) in waiting.withLock({ $0 }) {
      responder.respond(200)
      #expect(writer?.write([1]) != true)
    }
    #expect(RawClient(port: server.port) == nil)
    server.stop()
  }

  @Test("lets open requests finish while it stops, and refuses new ones") func drain() throws {
    let waiting = Lock<[Responder]>([])
    let server = try server(HTTPServerLimits()) { request, responder in
      if request.path == "/wait" { waiting.withLock { $0.append(responder) } } else { responder.respond(200) }
    }
    let busy = try #require(RawClient(port: server.port))
    busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
    let idle = try #require(RawClient(port: server.port))
    idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(idle.read { $0.contains("\r\n\r\n") })
    #expect(eventually { waiting.withLock(\.count) == 1 })
    let stopping = NamedThread.start("stops") { server.stop(within: .seconds(20)) }
    #expect(eventually { RawClient(port: server.port) == nil })
    idle.forget()
    idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(idle.isClosed())
    #expect(idle.text.hasPrefix("HTTP/1.1 503 "))
    try #require(waiting.withLock { $0.first }).respond(200, [], Array("finished".utf8))
    #expect(busy.isClosed())
    #expect(busy.text.hasSuffix("finished"))
    stopping.join()
  }

  @Test("says why it cannot listen") func cannotListen() throws {
    let server = try server(HTTPServerLimits())
    defer { server.stop() }
    #expect(throws: HTTPServerError.cannotListen(server.address, "Address already in use")) {
      try HTTPServer(server.address, log: .silent) { _, responder in responder.respond(200) }
    }
    let nowhere = SocketAddress(host: "no.such.host.invalid", port: 0)
    #expect(throws: HTTPServerError.unknownHost(nowhere)) {
      try HTTPServer(nowhere, log: .silent) { _, responder in responder.respond(200) }
    }
  }
}

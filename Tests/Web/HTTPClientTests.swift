import Telemetry
import Testing
import Threads
import Waiting
import Web

@Suite("An HTTP client", .timeLimit(.minutes(1))) struct HTTPClientTests {
  private let client = HTTPClient()

  private func server(_ handle: @escaping @Sendable (ServerRequest, Responder) -> Void) throws -> HTTPServer {
    try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent, handle)
  }

  private func raw(_ script: @escaping @Sendable (RawServer.Connection) -> Void) throws -> RawServer {
    try #require(RawServer(script))
  }

  private func failure(_ request: HTTPRequest) async -> HTTPError? {
    do throws(HTTPError) { _ = try await client.send(request) } catch { return error }
    return nil
  }

  @Test("sends method, headers and body, and gives status, headers and body back") func echo() async throws {
    let server = try server { request, responder in
      let type = request.header("content-type") ?? "none"
      let text = "\(request.method) \(request.path) \(request.header("x-a") ?? "") \(type) "
      responder.respond(418, [("X-B", "2")], Array(text.utf8) + request.body)
    }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/p"
    let post = try await client.send(
      HTTPRequest(method: "POST", url: url, headers: [("X-A", "1"), ("Content-Type", "t/u")], body: Array("body".utf8)))
    #expect(post.status == 418)
    #expect(post.header("x-b") == "2")
    #expect(String(decoding: post.body, as: UTF8.self) == "POST /p 1 t/u body")
    let delete = try await client.send(HTTPRequest(method: "DELETE", url: url))
    #expect(String(decoding: delete.body, as: UTF8.self) == "DELETE /p  none ")
    let empty = try await client.send(HTTPRequest(method: "POST", url: url))
    #expect(String(decoding: empty.body, as: UTF8.self) == "POST /p  none ")
    let head = try await client.send(HTTPRequest(method: "HEAD", url: url))
    #expect(head.status == 418 && head.body.isEmpty)
    #expect(delete.timings.reused && head.timings.total > .zero)
  }

  @Test("brings the pieces of a stream as they come") func stream() async throws {
    let writers = Lock<[BodyWriter]>([])
    let server = try server { _, responder in
      let writer = responder.stream(200)
      writers.withLock { $0.append(writer) }
    }
    defer { server.stop() }
    let seen = Lock<[String]>([])
    client.start(HTTPRequest(url: "http://127.0.0.1:\(server.port)/")) { event in
      seen.withLock { seen in
        switch event {
        case .head(let status, _): seen.append("head \(status)")
        case .body(let bytes): seen.append(String(decoding: bytes, as: UTF8.self))
        case .done: seen.append("done")
        case .failed(let error): seen.append("\(error)")
        }
      }
    }
    #expect(eventually { !writers.withLock(\.isEmpty) })
    let writer = try #require(writers.withLock { $0.first })
    for (count, piece) in ["a", "b", "c"].enumerated() {
      writer.write(Array(piece.utf8))
      #expect(eventually { seen.withLock(\.count) == count + 2 })
    }
    writer.finish()
    #expect(eventually { seen.withLock(\.last) == "done" })
    #expect(seen.withLock { $0 } == ["head 200", "a", "b", "c", "done"])
  }

  @Test("closes the connection of a request that is cancelled, within 200 ms") func cancel() throws {
    let waiting = Lock<[Responder]>([])
    let closed = Lock(false)
    let server = try server { _, responder in
      responder.onClose { closed.withLock { $0 = true } }
      waiting.withLock { $0.append(responder) }
    }
    defer { server.stop() }
    let ends = Lock<[HTTPError]>([])
    let transfer = client.start(HTTPRequest(url: "http://127.0.0.1:\(server.port)/")) { event in
      if case .failed(let error) = event { ends.withLock { $0.append(error) } }
    }
    #expect(eventually { !waiting.withLock(\.isEmpty) })
    transfer.cancel()
    let late = timeUntil { closed.withLock { $0 } }
    #expect(try #require(late) < .milliseconds(200))
    transfer.cancel()
    #expect(eventually { client.inFlight == 0 })
    #expect(ends.withLock { $0 } == [.cancelled])
  }

  @Test("ends a request whose task is cancelled") func cancelledTask() async throws {
    let server = try raw { $0.untilClosed() }
    defer { server.stop() }
    let client = client
    let task = Task { try await client.send(HTTPRequest(url: "http://127.0.0.1:\(server.port)/")) }
    task.cancel()
    await #expect(throws: HTTPError.cancelled) { try await task.value }
  }

  @Test("leaves interim answers and trailers out") func interim() async throws {
    let server = try raw { connection in
      connection.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
      connection.send("HTTP/1.1 200 Fine\r\nA:  b \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n")
    }
    defer { server.stop() }
    let response = try await client.send(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
    #expect(response.status == 200)
    #expect(response.headers.map(\.0) == ["a", "transfer-encoding"])
    #expect(response.header("A") == "b")
    #expect(response.body == Array("abc".utf8))
  }

  @Test("does not follow a redirect") func redirect() async throws {
    let server = try raw { $0.send("HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") }
    defer { server.stop() }
    let response = try await client.send(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
    #expect(response.status == 307)
  }

  @Test(
    "tells a cut answer from one that is no HTTP", arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
  func cut(answer: String) async throws {
    let server = try raw { $0.send(answer) }
    defer { server.stop() }
    let error = await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
    guard case .cut = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test("says that an answer is no HTTP") func malformed() async throws {
    let server = try raw { $0.send("<html>no status line</html>") }
    defer { server.stop() }
    let error = await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
    guard case .malformed = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test("says that nobody listens") func refused() async throws {
    let server = try raw { _ in }
    server.stop()
    let error = await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
    guard case .unreachable = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test("refuses what it cannot send", arguments: ["ftp://127.0.0.1/", "127.0.0.1", "http://127.0.0.1/\r\nX: y"])
  func invalid(url: String) async {
    let error = await failure(HTTPRequest(url: url))
    guard case .invalidRequest = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test("refuses a header with a line break") func injected() async {
    let error = await failure(HTTPRequest(url: "http://127.0.0.1:1/", headers: [("X", "a\r\nY: b")]))
    #expect(error == .invalidRequest("its header X has a control character"))
  }

  @Test("ends a request at each of its bounds of time")
  func timeouts() async throws {
    let silent = try raw { $0.untilClosed() }
    defer { silent.stop() }
    let stalls = try raw { connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
      connection.untilClosed()
    }
    defer { stalls.stop() }
    let drips = try raw { connection in
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")
      while connection.send("x") {}
    }
    defer { drips.stop() }
    func ask(_ server: RawServer, _ timeouts: HTTPRequest.Timeouts) async -> HTTPError? {
      await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/", timeouts: timeouts, maxBodyBytes: .max))
    }
    let short = Duration.milliseconds(60)
    #expect(await ask(silent, .init(firstByte: short, idle: .seconds(9))) == .timeout(.firstByte))
    #expect(await ask(silent, .init(idle: .milliseconds(1), total: short)) == .timeout(.total))
    #expect(await ask(stalls, .init(firstByte: .seconds(9), idle: short)) == .timeout(.idle))
    #expect(await ask(stalls, .init(total: short)) == .timeout(.total))
  }

  @Test("ends a request whose connection does not come to stand") func connectTimeout() async throws {
    // nobody accepts, and what may wait is full: the kernel drops the next one's knock
    let deaf = try #require(RawServer(backlog: 0, nil))
    defer { deaf.stop() }
    let fillers = (0..<3).map { _ in
      client.start(HTTPRequest(url: "http://127.0.0.1:\(deaf.port)/", timeouts: .init(connect: .seconds(20)))) { _ in }
    }
    #expect(eventually { client.inFlight == 3 })
    var errors: [HTTPError?] = []
    for _ in 0..<2 {
      let timeouts = HTTPRequest.Timeouts(connect: .milliseconds(80), firstByte: .seconds(2))
      errors.append(await failure(HTTPRequest(url: "http://127.0.0.1:\(deaf.port)/", timeouts: timeouts)))
    }
    #expect(errors.contains(.timeout(.connect)))
    for filler in fillers { filler.cancel() }
    #expect(eventually { client.inFlight == 0 })
  }

  @Test("takes no more body than it may") func bodyTooLarge() async throws {
    let server = try server { _, responder in responder.respond(200, [], [UInt8](repeating: 0, count: 100_001)) }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/"
    #expect(await failure(HTTPRequest(url: url, maxBodyBytes: 100_000)) == .bodyTooLarge(limit: 100_000))
    #expect(await failure(HTTPRequest(url: url, maxBodyBytes: 100_001)) == nil)
  }

  @Test("takes no more headers than it may") func headersTooLarge() async throws {
    let server = try raw { connection in
      connection.send("HTTP/1.1 200 OK\r\n")
      while connection.send("X-Flood: \(String(repeating: "y", count: 1_000))\r\n") {}
    }
    defer { server.stop() }
    let error = await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
    #expect(error == .headersTooLarge(limit: 128 * 1024))
  }

  /// "hello hello hello hello", packed.
  private static let hello: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 203, 72, 205, 201, 201, 87, 200, 64, 39, 1, 227, 81, 61, 141, 23, 0, 0, 0,
  ]

  @Test("unpacks gzip, and counts what it unpacked") func gzip() async throws {
    let server = try server { request, responder in
      #expect(request.header("accept-encoding")?.contains("gzip") == true)
      responder.respond(200, [("Content-Encoding", "gzip")], Self.hello)
    }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/"
    let response = try await client.send(HTTPRequest(url: url))
    #expect(String(decoding: response.body, as: UTF8.self) == "hello hello hello hello")
    #expect(await failure(HTTPRequest(url: url, maxBodyBytes: 22)) == .bodyTooLarge(limit: 22))
  }

  @Test("says that packed bytes are broken") func brokenGzip() async throws {
    let server = try server { _, responder in
      responder.respond(200, [("Content-Encoding", "gzip")], Array("this is no gzip".utf8))
    }
    defer { server.stop() }
    let error = await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
    guard case .malformed = error else { return #expect(Bool(false), "\(String(describing: error))") }
  }

  @Test("runs hundreds of requests at a time and uses their connections again") func many() async throws {
    let waiting = Lock<[Responder]>([])
    let server = try server { _, responder in waiting.withLock { $0.append(responder) } }
    defer { server.stop() }
    let reused = Lock(0)
    for round in 0..<2 {
      let done = Lock(0)
      for _ in 0..<300 {
        client.start(HTTPRequest(url: "http://127.0.0.1:\(server.port)/")) { event in
          guard case .done(let timings) = event else { return }
          if timings.reused { reused.withLock { $0 += 1 } }
          done.withLock { $0 += 1 }
        }
      }
      #expect(eventually { waiting.withLock(\.count) == 300 })
      #expect(client.inFlight == 300)
      for responder in waiting.withLock({ waiting in
        defer { waiting = [] }
        return waiting
      }) { responder.respond(200, [], [1]) }
      #expect(eventually { done.withLock { $0 } == 300 })
      #expect(reused.withLock { $0 } == 300 * round)
    }
  }

  @Test("gives up the connections of a crowd that has gone") func crowd() async throws {
    var options = HTTPClientOptions()
    options.idleConnection = .seconds(1)
    let client = HTTPClient(options)
    let metrics = Metrics()
    let waiting = Lock<[Responder]>([])
    let server = try HTTPServer(
      SocketAddress(host: "127.0.0.1", port: 0), log: .silent, metrics: metrics
    ) { request, responder in
      if request.path == "/one" { responder.respond(200) } else { waiting.withLock { $0.append(responder) } }
    }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/"
    for _ in 0..<300 { client.start(HTTPRequest(url: url)) { _ in } }
    #expect(eventually { waiting.withLock(\.count) == 300 })
    for responder in waiting.withLock({ $0 }) { responder.respond(200) }
    #expect(eventually { client.inFlight == 0 })
    var patience = Patience(.seconds(20))
    func connections() -> Int {
      let line = metrics.render().split(separator: "\n").first { $0.hasPrefix("conclave_http_connections ") }
      return line.flatMap { Int($0.split(separator: " ")[1]) } ?? .max
    }
    // one of the branches that the crowd was spread over is enough from now on
    while connections() > 130, !patience.isOver() {
      let response = try await client.send(HTTPRequest(url: url + "one"))
      #expect(response.status == 200)
    }
    #expect(connections() <= 130)
  }

  @Test("takes no more requests at a time than it may") func busy() async throws {
    var options = HTTPClientOptions()
    options.transfers = 2
    let client = HTTPClient(options)
    let server = try raw { $0.untilClosed() }
    defer { server.stop() }
    let errors = Lock<[HTTPError]>([])
    for _ in 0..<3 {
      client.start(HTTPRequest(url: "http://127.0.0.1:\(server.port)/")) { event in
        if case .failed(let error) = event { errors.withLock { $0.append(error) } }
      }
    }
    #expect(eventually { errors.withLock { $0 } == [.busy(limit: 2)] })
    client.shutdown()
    #expect(errors.withLock { $0 } == [.busy(limit: 2), .clientStopped, .clientStopped])
    #expect(client.inFlight == 0)
    client.start(HTTPRequest(url: "http://127.0.0.1:1/")) { event in
      if case .failed(let error) = event { errors.withLock { $0.append(error) } }
    }
    #expect(errors.withLock { $0.last } == .clientStopped)
  }

  @Test("may be shut down from within one of its events") func shutdownInside() throws {
    let server = try server { _, responder in responder.respond(200) }
    defer { server.stop() }
    let client = HTTPClient()
    let ended = Lock(0)
    client.start(HTTPRequest(url: "http://127.0.0.1:\(server.port)/")) { event in
      guard case .done = event else { return }
      client.shutdown()
      ended.withLock { $0 += 1 }
    }
    #expect(eventually { ended.withLock { $0 } == 1 })
    client.shutdown()
  }
}

import Telemetry
import Testing
import Threads
import Web

@Suite("An HTTP server", .timeLimit(.minutes(1))) struct HTTPServerTests {
  private func server(
    _ limits: HTTPServerLimits = HTTPServerLimits(), metrics: Metrics = Metrics(),
    _ handle: @escaping @Sendable (ServerRequest, Responder) -> Void
  ) throws -> HTTPServer {
    try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), limits: limits, log: .silent, metrics: metrics, handle)
  }

  @Test("gives the handler method, path, query, headers, body and the client's address") func request() throws {
    let seen = Lock<ServerRequest?>(nil)
    let server = try server { request, responder in
      seen.withLock { $0 = request }
      responder.respond(200, [("X-Answer", "yes")], Array("hello".utf8))
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("PUT /a%20b/c?x=1&y=%C3%A4&z HTTP/1.1\r\nHost: h\r\nX-Thing: T\r\nContent-Length: 3\r\n\r\nabc")
    #expect(client.read { $0.hasSuffix("hello") })
    #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(client.text.contains("X-Answer: yes\r\n"))
    #expect(client.text.contains("Content-Length: 5\r\n"))
    let request = try #require(seen.withLock { $0 })
    #expect(request.method == "PUT")
    #expect(request.path == "/a b/c")
    #expect(request.query.map(\.0) == ["x", "y", "z"])
    #expect(request.query.map(\.1) == ["1", "ä", ""])
    #expect(request.header("x-THING") == "T")
    #expect(request.body == Array("abc".utf8))
    #expect(request.remote == "127.0.0.1")
  }

  @Test("keeps a request waiting until some thread answers it, and then its connection for the next one")
  func answeredLater() throws {
    let waiting = Lock<[Responder]>([])
    let server = try server { _, responder in waiting.withLock { $0.append(responder) } }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    for round in 1...3 {
      client.forget()
      client.send("GET /\(round) HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(eventually { !waiting.withLock(\.isEmpty) })
      let responder = try #require(waiting.withLock { $0.popLast() })
      #expect(client.received.isEmpty)
      let thread = NamedThread.start("answers") { responder.respond(200, [], Array("answer \(round)".utf8)) }
      thread.join()
      #expect(client.read { $0.hasSuffix("answer \(round)") })
    }
  }

  @Test("goes on where whoever would hear of a hang-up is the last to hold the request") func lastOwner() throws {
    let server = try server { _, responder in
      responder.onClose { withExtendedLifetime(responder) {} }
      responder.respond(200, [], Array("fine".utf8))
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    for _ in 1...2 {
      client.forget()
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      try #require(client.read { $0.hasSuffix("fine") })
    }
  }

  @Test("takes the first answer and ignores the second") func answeredTwice() throws {
    let server = try server { _, responder in
      responder.respond(200, [], Array("first".utf8))
      responder.respond(500, [], Array("second".utf8))
      #expect(!responder.stream(500).write([1]))
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    #expect(client.isClosed())
    #expect(client.text.contains("200 OK"))
    #expect(client.text.hasSuffix("first"))
  }

  @Test("cuts the connection of a request that was dropped without an answer") func dropped() throws {
    let server = try server { _, _ in }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(client.isClosed())
    #expect(client.received.isEmpty)
  }

  @Test("sends a stream piece by piece, each as soon as it is written") func stream() throws {
    let writers = Lock<[BodyWriter]>([])
    let server = try server { _, responder in
      let writer = responder.stream(200, [("Content-Type", "text/event-stream")])
      writers.withLock { $0.append(writer) }
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(client.read { $0.contains("\r\n\r\n") })
    #expect(client.text.contains("Transfer-Encoding: chunked"))
    let writer = try #require(writers.withLock { $0.popLast() })
    for number in 1...5 {
      #expect(writer.write(Array("piece \(number);".utf8)))
      let late = timeUntil { client.read(within: .milliseconds(1)) { $0.contains("piece \(number);") } }
      #expect(try #require(late) < .milliseconds(100))
    }
    writer.finish()
    #expect(!writer.write([1]))
    #expect(client.read { $0.hasSuffix("\r\n0\r\n\r\n") })
    client.forget()
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(client.read { $0.contains("200 OK") })
  }

  @Test("sends a large stream whole, whatever the client's pace") func largeStream() throws {
    var limits = HTTPServerLimits()
    limits.streamBytes = 3_000_000
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
    let server = try server(limits) { _, responder in
      let writer = responder.stream(200)
      for _ in 0..<250 { #expect(writer.write(piece)) }
      writer.finish()
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n")
    #expect(client.isClosed())
    let body = try #require(client.text.firstRange(of: "\r\n\r\n"))
    #expect(client.text[body.upperBound...].utf8.count == 2_500_000)
  }

  @Test("sends one long piece whole, also where it is over what may wait") func longPiece() throws {
    var limits = HTTPServerLimits()
    limits.streamBytes = 100_000
    let server = try server(limits) { _, responder in
      let writer = responder.stream(200)
      #expect(writer.write(Array("begin".utf8)))
      #expect(writer.write([UInt8](repeating: UInt8(ascii: "x"), count: 2_000_000)))
      // now much waits, and whatever comes next finds a reader who is behind
      writer.finish()
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n")
    #expect(client.isClosed())
    let body = try #require(client.text.firstRange(of: "\r\n\r\n"))
    #expect(client.text[body.upperBound...].utf8.count == 2_000_005)
  }

  @Test("leaves what stands for a zero byte as it was written, so that it ends no path") func zeroByte() throws {
    let server = try server { request, responder in
      let query = request.query.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
      responder.respond(200, [], Array("\(request.path)?\(query)!".utf8))
    }
    defer { server.stop() }
    for (sent, read) in [
      ("/a%00b/c%2Fd?x=1%002", "/a%00b/c/d?x=1%002"), ("/%zz%4?y=a+b%20c", "/%zz%4?y=a b c"), ("/%C3%A4%", "/ä%?"),
    ] {
      let client = try #require(RawClient(port: server.port))
      client.send("GET \(sent) HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(client.read { $0.hasSuffix("\(read)!") }, "\(sent): \(client.text)")
    }
  }

  @Test("gives up a client that does not take what is written, and says so") func slowReader() throws {
    let closed = Lock(false)
    let writers = Lock<[BodyWriter]>([])
    let server = try server { _, responder in
      responder.onClose { closed.withLock { $0 = true } }
      let writer = responder.stream(200)
      writers.withLock { $0.append(writer) }
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port, receiveBuffer: 4_096))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(eventually { !writers.withLock(\.isEmpty) })
    let writer = try #require(writers.withLock { $0.first })
    let piece = [UInt8](repeating: 1, count: 100_000)
    var written = 0
    while writer.write(piece) { written += piece.count }
    // what the kernel's buffers hold comes on top of the bound
    #expect(written >= 1_000_000 && written < 20_000_000)
    #expect(writer.bufferedBytes == 0)
    #expect(closed.withLock { $0 })
    #expect(eventually { server.openRequests == 0 })
    // until here it was there, and took nothing
    client.hangUp()
  }

  @Test("notices within 200 ms that the client of a waiting request has gone") func hangUpWhileWaiting() throws {
    let closed = Lock(0)
    let waiting = Lock<[Responder]>([])
    let server = try server { _, responder in
      responder.onClose { closed.withLock { $0 += 1 } }
      waiting.withLock { $0.append(responder) }
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(eventually { !waiting.withLock(\.isEmpty) })
    #expect(closed.withLock { $0 } == 0)
    client.hangUp()
    let late = timeUntil { closed.withLock { $0 } == 1 }
    #expect(try #require(late) < .milliseconds(200))
    #expect(eventually { server.openRequests == 0 })
    waiting.withLock { $0.first }?.respond(200)
    #expect(closed.withLock { $0 } == 1)
  }

  @Test("notices within 200 ms that the client of a quiet stream has gone") func hangUpWhileStreaming() throws {
    let closed = Lock(0)
    let writers = Lock<[BodyWriter]>([])
    let server = try server { _, responder in
      responder.onClose { closed.withLock { $0 += 1 } }
      let writer = responder.stream(200)
      writer.write(Array("begin".utf8))
      writers.withLock { $0.append(writer) }
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(client.read { $0.contains("begin") })
    client.hangUp()
    let late = timeUntil { closed.withLock { $0 } == 1 }
    #expect(try #require(late) < .milliseconds(200))
    let writer = try #require(writers.withLock { $0.first })
    #expect(!writer.write([1]))
    #expect(eventually { server.openRequests == 0 })
  }

  @Test("tells of a hang-up at once whoever asks afterwards, and nobody of a good end") func onCloseAfterwards() throws
  {
    let waiting = Lock<[Responder]>([])
    let server = try server { request, responder in
      if request.path == "/quick" {
        responder.onClose { Issue.record("the client of /quick did not go away") }
        responder.respond(200)
      } else {
        waiting.withLock { $0.append(responder) }
      }
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET /quick HTTP/1.1\r\nHost: h\r\n\r\nGET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(eventually { !waiting.withLock(\.isEmpty) })
    client.hangUp()
    #expect(eventually { server.openRequests == 0 })
    let told = Lock(false)
    try #require(waiting.withLock { $0.first }).onClose { told.withLock { $0 = true } }
    #expect(told.withLock { $0 })
  }

  @Test("takes a client that closes its sending side for gone") func halfClosed() throws {
    let closed = Lock(false)
    let waiting = Lock<[Responder]>([])
    let server = try server { _, responder in
      responder.onClose { closed.withLock { $0 = true } }
      waiting.withLock { $0.append(responder) }
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(eventually { !waiting.withLock(\.isEmpty) })
    client.halfClose()
    #expect(eventually { closed.withLock { $0 } })
    #expect(client.isClosed())
  }

  @Test("answers a HEAD without a body, streamed or not", arguments: ["/whole", "/stream"])
  func head(path: String) throws {
    let server = try server { request, responder in
      guard request.path == "/stream" else { return responder.respond(200, [], Array("12345".utf8)) }
      let writer = responder.stream(200)
      #expect(writer.write(Array("12345".utf8)))
      writer.finish()
    }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\nHEAD \(path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    #expect(client.isClosed())
    #expect(client.text.ranges(of: "200 OK").count == 2)
    #expect(!client.text.contains("12345"))
  }

  @Test("answers pipelined requests in their order, also when they are answered later") func pipelined() throws {
    let waiting = Lock<[(String, Responder)]>([])
    let server = try server { request, responder in waiting.withLock { $0.append((request.path, responder)) } }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send((1...3).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
    for _ in 1...3 {
      #expect(eventually { !waiting.withLock(\.isEmpty) })
      let (path, responder) = try #require(waiting.withLock { $0.popLast() })
      responder.respond(200, [], Array("[\(path)]".utf8))
    }
    #expect(client.read { $0.contains("[/3]") })
    let order = client.text.split(separator: "[").dropFirst().compactMap { $0.split(separator: "]").first }
    #expect(order == ["/1", "/2", "/3"])
  }

  @Test("says 100 Continue to who waits for it") func expectContinue() throws {
    let server = try server { request, responder in responder.respond(200, [], request.body) }
    defer { server.stop() }
    let client = try #require(RawClient(port: server.port))
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    #expect(client.read { $0.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n") })
    client.send("body")
    #expect(client.read { $0.hasSuffix("body") })
  }
}

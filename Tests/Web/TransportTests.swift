import Glibc
import SimulatorUnderTest
import SlowNames
import Telemetry
import Testing
import Threads
import Waiting
import Web

/// What lies between a client and a provider: TLS, HTTP/2, proxies.
@Suite(.timeLimit(.minutes(1))) struct TransportTests {
  private let client = HTTPClient()

  @Test(.enabled(if: TLSPipe.isThere))
  func `requests at once share one HTTP/2 connection, where a server speaks it`() async throws {
    let together = 5
    let server = try HTTP2Server(together: together, body: "data: [DONE]\n\n")
    defer { server.stop() }
    let request = HTTPRequest(
      method: "POST", url: "https://127.0.0.1:\(server.pipe.port)/v1/chat/completions", body: Array("{}".utf8),
      timeouts: .init(total: .seconds(20)), certificateFile: server.pipe.certificate)
    try await ready(server.pipe.port)
    let answers = try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
      for _ in 0..<together { group.addTask { [client] in try await client.send(request) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.map(\.status) == Array(repeating: 200, count: together))
    #expect(answers.allSatisfy { $0.header("content-type") == "text/event-stream" })
    #expect(answers.allSatisfy { String(decoding: $0.body, as: UTF8.self) == "data: [DONE]\n\n" })
    #expect(server.isHTTP2)
    #expect(server.streams == together)
  }

  @Test(.enabled(if: TLSPipe.isThere))
  func `a certificate of one's own is trusted where it is named, and nowhere else`() async throws {
    let pipe = try TLSPipe(protocols: "http/1.1")
    let server = NamedThread.start("tls-server") {
      while let bytes = pipe.receive() {
        guard !bytes.isEmpty else { return }
        pipe.send(Array("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes".utf8))
      }
    }
    defer {
      pipe.stop()
      server.join()
    }
    let url = "https://127.0.0.1:\(pipe.port)/"
    try await ready(pipe.port)
    let refused = await #expect(throws: HTTPError.self) {
      try await client.send(HTTPRequest(url: url, timeouts: .init(total: .seconds(20))))
    }
    guard case .insecure? = refused else {
      Issue.record("not refused for its certificate: \(refused.map { "\($0)" } ?? "")")
      return
    }
    let answer = try await client.send(
      HTTPRequest(url: url, timeouts: .init(total: .seconds(20)), certificateFile: pipe.certificate))
    #expect(answer.status == 200)
    #expect(String(decoding: answer.body, as: UTF8.self) == "yes")
  }

  @Test func `who ends a request while its host is looked up holds no other request up`() async throws {
    let server = try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent) { _, responder in
      responder.respond(200, [], Array("yes".utf8))
    }
    defer { server.stop() }
    let asked = slow_names_asked()
    let ended = Lock<HTTPEvent?>(nil)
    let slow = client.start(HTTPRequest(url: "http://slow.test:9/")) { event in ended.withLock { $0 = event } }
    #expect(eventually { slow_names_asked() > asked })
    let answered = Lock<(status: Int, at: ContinuousClock.Instant)?>(nil)
    let begun = ContinuousClock.now
    slow.cancel()
    // told on the client's own thread, whatever else this process has to do
    let next = client.start(HTTPRequest(url: "http://127.0.0.1:\(server.port)/")) { event in
      if case .head(let status, _) = event { answered.withLock { $0 = (status, .now) } }
    }
    #expect(eventually { answered.withLock { $0 != nil } })
    withExtendedLifetime(next) {}
    let answer = try #require(answered.withLock { $0 })
    #expect(answer.status == 200)
    // the look-up takes five seconds
    #expect(answer.at - begun < .seconds(3))
    guard case .failed(.cancelled)? = ended.withLock(\.self) else {
      Issue.record("it has not ended")
      return
    }
  }

  /// The environment belongs to the whole process, so this one is a process of its own.
  @Test func `a proxy is taken from the environment, and none for the loopback address`() async throws {
    await #expect(processExitsWith: .exitCode(0)) {
      let asked = Lock<[String]>([])
      guard
        let proxy = RawServer({ connection in
          asked.withLock { $0.append(String(connection.text.prefix { $0 != "\r\n" })) }
          connection.send("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }),
        let inside = RawServer({ connection in
          connection.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        })
      else { exit(2) }
      setenv("http_proxy", "http://127.0.0.1:\(proxy.port)", 1)
      setenv("https_proxy", "http://127.0.0.1:\(proxy.port)", 1)
      setenv("no_proxy", "other.example", 1)
      let client = HTTPClient()
      let limits = HTTPRequest.Timeouts(total: .seconds(20))
      let plain = try? await client.send(HTTPRequest(url: "http://provider.example/v1/models", timeouts: limits))
      guard plain?.status == 403 else { exit(3) }
      _ = try? await client.send(HTTPRequest(url: "https://provider.example/v1/models", timeouts: limits))
      _ = try? await client.send(HTTPRequest(url: "http://other.example/", timeouts: limits))
      let own = try? await client.send(HTTPRequest(url: "http://127.0.0.1:\(inside.port)/", timeouts: limits))
      guard own?.status == 200 else { exit(4) }
      let lines = asked.withLock(\.self)
      guard
        lines == [
          "GET http://provider.example/v1/models HTTP/1.1", "CONNECT provider.example:443 HTTP/1.1",
        ]
      else {
        for line in lines { print(line) }
        exit(5)
      }
      exit(0)
    }
  }

  /// A server of another process listens a moment after it was started; to who does not trust it, it says so.
  private func ready(_ port: Int) async throws {
    var patience = Patience(.seconds(20))
    while !patience.isOver() {
      let request = HTTPRequest(url: "https://127.0.0.1:\(port)/", timeouts: .init(total: .seconds(10)))
      do throws(HTTPError) { _ = try await client.send(request) } catch {
        guard case .unreachable = error else { return }
        WebTests.pause()
      }
    }
    Issue.record("no server listens")
  }
}

import Telemetry
import Testing
import Threads
import Web

/// Both sides at once, everything at random moments: what must hold is that nothing crashes, hangs or is left behind.
@Suite("A storm", .timeLimit(.minutes(2))) struct StormTests {
  /// Answers from other threads, after a while of its own choosing: whole, streamed, cut, or not at all.
  private final class Moody: Sendable {
    private let waiting = Lock<[(Int, Responder)]>([])
    private let stopped = Lock(false)
    private let threads = Lock<[NamedThread.Handle]>([])
    let hangUps = Lock(0)

    func take(_ request: ServerRequest, _ responder: Responder) {
      let mood = Int(request.path.dropFirst()) ?? 0
      responder.onClose { self.hangUps.withLock { $0 += 1 } }
      if mood % 7 == 0 { return responder.respond(200, [], request.body) }
      waiting.withLock { $0.append((mood, responder)) }
    }

    func start(_ count: Int) {
      for _ in 0..<count {
        let handle = NamedThread.start("moody") { [self] in
          while true {
            let next = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if let (mood, responder) = next {
              answer(mood, responder)
            } else if stopped.withLock({ $0 }) {
              return
            } else {
              pause()
            }
          }
        }
        threads.withLock { $0.append(handle) }
      }
    }

    func stop() {
      stopped.withLock { $0 = true }
      for handle in threads.withLock({ $0 }) { handle.join() }
    }

    private func answer(_ mood: Int, _ responder: Responder) {
      switch mood % 7 {
      case 1, 2: responder.respond(200, [], [UInt8](repeating: 65, count: mood % 50_000))
      case 3, 4:
        let writer = responder.stream(200)
        for _ in 0..<(mood % 20) { writer.write([UInt8](repeating: 66, count: mood % 3_000)) }
        writer.finish()
      case 5: responder.stream(200).write([1])
      default: break
      }
    }
  }

  @Test("of clients that hang up, are cancelled, and come again leaves nothing open") func clients() throws {
    let moody = Moody()
    let server = try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent) { moody.take($0, $1) }
    moody.start(2)
    let client = HTTPClient()
    let ends = Lock(0)
    let started = Lock(0)
    let attackers = (0..<2).map { seed in
      NamedThread.start("attacker") {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<150 {
          let mood = Int.random(in: 0..<100_000, using: &random)
          switch mood % 3 {
          case 0:
            started.withLock { $0 += 1 }
            let url = "http://127.0.0.1:\(server.port)/\(mood)"
            let transfer = client.start(HTTPRequest(url: url)) { event in
              switch event {
              case .done, .failed: ends.withLock { $0 += 1 }
              default: break
              }
            }
            if Bool.random(using: &random) { transfer.cancel() }
          case 1:
            guard let raw = RawClient(port: server.port) else { continue }
            raw.send("POST /\(mood) HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel")
            if Bool.random(using: &random) { raw.send("lo") }
            if Bool.random(using: &random) { raw.reset() }
          default:
            guard let raw = RawClient(port: server.port) else { continue }
            raw.send((0..<5).map { "GET /\(mood + $0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            if Bool.random(using: &random) { raw.read(within: .milliseconds(5)) }
          }
        }
      }
    }
    for attacker in attackers { attacker.join() }
    #expect(eventually(within: .seconds(30)) { client.inFlight == 0 })
    #expect(ends.withLock { $0 } == started.withLock { $0 })
    #expect(eventually(within: .seconds(10)) { server.openRequests == 0 })
    moody.stop()
    server.stop()
    #expect(moody.hangUps.withLock { $0 } > 0)
  }

  @Test("in which both sides are stopped ends every request", arguments: 0..<4) func stopped(seed: Int) throws {
    let moody = Moody()
    let server = try HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent) { moody.take($0, $1) }
    moody.start(1)
    let client = HTTPClient()
    let ends = Lock(0)
    let starter = NamedThread.start("starter") {
      var random = SeededGenerator(seed: UInt64(seed))
      for _ in 0..<200 {
        let mood = Int.random(in: 0..<100_000, using: &random)
        client.start(HTTPRequest(url: "http://127.0.0.1:\(server.port)/\(mood)")) { event in
          switch event {
          case .done, .failed: ends.withLock { $0 += 1 }
          default: break
          }
        }
      }
    }
    #expect(eventually { ends.withLock { $0 } > 5 })
    if seed % 2 == 0 { server.stop() } else { client.shutdown() }
    starter.join()
    if seed % 2 == 0 { client.shutdown() } else { server.stop() }
    #expect(ends.withLock { $0 } == 200)
    #expect(server.openRequests == 0)
    moody.stop()
  }
}

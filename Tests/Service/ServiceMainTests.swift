import Foundation
import Service
import Settings
import Telemetry
import Testing
import Threads
import Web

/// Each test runs the shell in a process of its own, since the shell never returns.
@Suite("The shell of a service", .timeLimit(.minutes(1))) struct ServiceMainTests {
  private static let shipped: String = {
    let folders = #filePath.split(separator: "/").dropLast(3)
    return "/" + folders.joined(separator: "/") + "/deploy/conclave.json"
  }()

  private static func prepare(_ variables: [String: String] = [:]) {
    let usual = ["CONCLAVE_KAFKA": "127.0.0.1:1", "CONCLAVE_CONFIG": shipped, "CONCLAVE_ADMIN": "127.0.0.1:0"]
    for (name, value) in usual.merging(variables, uniquingKeysWith: { _, own in own }) { setenv(name, value, 1) }
  }

  private struct Running: Stoppable {
    let log: Log

    func stop(within: Duration) { log.info("test.stopped", ("seconds", within.components.seconds)) }
  }

  private struct Broken: Error, CustomStringConvertible {
    var description: String { "the roof leaks" }
  }

  private static func lines(_ result: ExitTest.Result?) -> [Substring] {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).split(separator: "\n")
  }

  @Test("ends with status 2 and one line where a setting is wrong") func wrongSetting() async {
    let result = await #expect(processExitsWith: .exitCode(2), observing: [\.standardErrorContent]) {
      Self.prepare(["CONCLAVE_LOG": "loud"])
      ServiceMain.run("judge") { Running(log: $0.log) }
    }
    let lines = Self.lines(result)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("judge: settings: CONCLAVE_LOG \"loud\" is not known") == true)
  }

  @Test("ends with status 1 and one line where the service cannot be built") func brokenBody() async {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      Self.prepare()
      ServiceMain.run("judge") { _ in throw Broken() }
    }
    let lines = Self.lines(result)
    #expect(lines.count == 1)
    #expect(lines.first?.hasSuffix("error service.fatal why=\"the roof leaks\"") == true)
  }

  @Test("ends with status 1 and one line where it cannot go on") func fatal() async {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      Self.prepare()
      ServiceMain.run("judge") { context in
        _ = NamedThread.start("fatal") { context.fatal("fenced twice") }
        return Running(log: context.log)
      }
    }
    // Another thread may still say that the service has started.
    #expect(Self.lines(result).contains { $0.hasSuffix("error service.fatal why=\"fenced twice\"") })
  }

  @Test("announces its door, shows its state, and ends in order on a signal") func signal() async throws {
    let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
      let pipe = Pipe()
      Self.prepare(["CONCLAVE_ANNOUNCE_FD": "\(pipe.fileHandleForWriting.fileDescriptor)"])
      // the signal goes to this thread alone: a test process has others, which do not block it
      let waiting = pthread_self()
      let conditions = Lock<Readiness.Condition?>(nil)
      _ = NamedThread.start("watcher") {
        let announced = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        guard let admin = announced.split(separator: "\"").dropFirst(2).first(where: { $0.contains("127.0.0.1:") })
        else { return Log.standardError("nothing was announced: \(announced)") }
        let client = HTTPClient()
        let done = Lock<[String]>([])
        func ask(_ path: String, _ then: @escaping @Sendable (Int) -> Void) {
          client.start(HTTPRequest(url: "http://\(admin)\(path)")) { event in
            if case .head(let status, _) = event { then(status) }
          }
        }
        @Sendable func say(_ text: String) { done.withLock { $0.append(text) } }
        ask("/healthz") { say("alive \($0)") }
        ask("/readyz") { say("ready \($0)") }
        _ = eventually { done.withLock(\.count) == 2 }
        conditions.withLock { $0 }?.met()
        ask("/readyz") { say("then \($0)") }
        _ = eventually { done.withLock(\.count) == 3 }
        Log.standardError("seen: \(done.withLock { $0.sorted() })")
        pthread_kill(waiting, SIGTERM)
      }
      ServiceMain.run("judge") { context in
        conditions.withLock { $0 = context.bus }
        return Running(log: context.log)
      }
    }
    let lines = Self.lines(result)
    #expect(lines.contains { $0.contains("info service.started admin=127.0.0.1:") })
    #expect(lines.contains("seen: [\"alive 200\", \"ready 503\", \"then 200\"]"))
    let end = lines.suffix(3).map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") }
    #expect(end == ["service.stopping signal=SIGTERM", "test.stopped seconds=20", "service.stopped"])
  }
}

import Bus
import Deliberation
import Foundation
import Glibc
import Store
import Telemetry
import Testing
import Threads
import Web

@testable import Ledger

/// The ledger's program on a broker and in a folder of the test's own, with nobody beside it but whoever tells.
final class LoneLedger {
  let folder: String
  let topics: Topics
  private(set) var broker: EmbeddedBroker
  private var producer: Producer
  private var teller = Teller(seed: UInt64.random(in: .min ... .max))
  private var written = 0
  private var rest: ArraySlice<Teller.Told> = []
  private let lines = Lock<[String]>([])
  private var processes: [KeptProcess] = []
  let client = HTTPClient()

  init(answerBytes: Int = 200) async throws {
    folder = try RunningSystem.newFolder()
    topics = Topics(BusSettings(bootstrap: "", kind: .embedded))
    broker = try EmbeddedBroker(topics: topics.all)
    producer = try Producer(
      BusSettings(bootstrap: broker.bootstrap, kind: .embedded), client: "teller", log: .silent, metrics: Metrics())
    teller.answerBytes = answerBytes
    try await producer.warm([topics.events])
  }

  deinit {
    for process in processes { process.kill() }
    _ = producer.close(within: .seconds(2))
    client.shutdown()
    try? FileManager.default.removeItem(atPath: folder)
  }

  var path: String { LedgerFile.path(data: folder) }
  var output: String { lines.withLock { $0.joined(separator: "\n") } }

  func environment(_ extra: [String: String] = [:]) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") }
    environment["CONCLAVE_KAFKA"] = broker.bootstrap
    environment["CONCLAVE_EMBEDDED"] = "1"
    environment["CONCLAVE_INCARNATION"] = "one"
    environment["CONCLAVE_DATA"] = folder
    environment["CONCLAVE_ADMIN"] = "127.0.0.1:0"
    environment["CONCLAVE_LEDGER"] = "127.0.0.1:0"
    environment["SWIFT_BACKTRACE"] = "enable=no"
    return environment.merging(extra) { _, new in new }
  }

  /// `through`: a shell that prepares the process and puts the program in its place.
  @discardableResult
  func start(through shell: String? = nil) -> KeptProcess {
    let program = RunningSystem.programs + "/ledger"
    let (path, words) = shell.map { ("/bin/sh", ["-c", "\($0); exec \(program)"]) } ?? (program, [])
    let process = KeptProcess(path, words, environment: environment()) { [lines] text in
      lines.withLock { $0 += text.split(separator: "\n").map(String.init) }
    }
    processes.append(process)
    return process
  }

  func run(_ words: String...) async throws -> Tool.Result {
    try await Tool.run(RunningSystem.programs + "/ledger", words, environment: environment())
  }

  /// Another broker under the same name of its life: a log that holds less than the file.
  func loseTheLog() async throws {
    _ = producer.close(within: .seconds(2))
    broker = try EmbeddedBroker(topics: topics.all)
    producer = try Producer(
      BusSettings(bootstrap: broker.bootstrap, kind: .embedded), client: "teller", log: .silent, metrics: Metrics())
    try await producer.warm([topics.events])
  }

  /// Those that the next ones are told of, in turn.
  func tell(of tenants: [String]) { teller.tenants = tenants }

  /// The beginning of one that goes on until it is told the rest; its id.
  func tellOpen() async throws -> String {
    let told = teller.deliberation()
    rest = told.dropFirst(3)
    for event in told.prefix(3) { try await send(teller.record(event)) }
    return told.first?.subject ?? ""
  }

  /// What was left of the one that was begun last.
  func tellRest() async throws {
    for event in rest { try await send(teller.record(event)) }
    rest = []
  }

  /// Whole deliberations; returns when the broker has them.
  func tell(_ count: Int) async throws {
    for record in teller.records(count, atOnce: 5) { try await send(record) }
  }

  /// One whose first events are pushed out of the topic: the embedded broker keeps 5 MiB of a partition, and a copy of an
  /// event is one like others. Its id.
  func tellCut() async throws -> String {
    teller.answerBytes = 400_000
    let told = teller.deliberation()
    for (number, event) in (told.prefix(3) + Array(repeating: told[2], count: 16) + told.dropFirst(3)).enumerated() {
      try await send(teller.record(event))
      // what is gone before it was read is missing, and not cut
      if number % 4 == 0 { try await isRead() }
    }
    teller.answerBytes = 200
    return told[0].subject
  }

  /// The end of one of which nothing else was ever written.
  func tellHeadless() async throws {
    if let end = teller.deliberation().last { try await send(teller.record(end)) }
  }

  /// The command line, with this ledger and this broker.
  func conclave(_ words: [String]) async throws -> Tool.Result {
    try await Tool.run(
      RunningSystem.programs + "/conclave", words,
      environment: environment(["CONCLAVE_LEDGER": try await door]))
  }

  private func send(_ record: Record) async throws {
    written += 1
    _ = try await producer.send(
      Outgoing(
        topic: topics.events, partition: record.partition, key: record.key, value: record.value,
        headers: record.headers))
  }

  func number(_ sql: String) -> Int64? { try? Database(path, .read).number(sql) }

  func isRead(within limit: Duration = .seconds(60)) async throws {
    try await eventually("all \(written) are read: \(output.suffix(2_000))", within: limit) {
      number("SELECT count(*) FROM events") == Int64(written)
    }
  }

  func says(_ words: String, within limit: Duration = .seconds(30)) async throws {
    try await eventually("it says \(words): \(output.suffix(2_000))", within: limit) { output.contains(words) }
  }

  /// Where its interface is.
  var door: String {
    get async throws {
      try await says("ledger.opened")
      let line = lines.withLock { $0.last { $0.contains("ledger.opened") } }
      return String(try #require(line?.split(separator: " ").first { $0.hasPrefix("door=") }).dropFirst("door=".count))
    }
  }

  /// What its interface says.
  func ask(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> (status: Int, body: JSON) {
    try await Self.ask(client, "http://\(try await door)\(path)", method, body)
  }

  static func ask(
    _ client: HTTPClient, _ url: String, _ method: String = "GET", _ body: JSON? = nil
  ) async throws -> (status: Int, body: JSON) {
    let answer = try await client.send(
      HTTPRequest(
        method: method, url: url, body: body?.bytes ?? [], timeouts: HTTPRequest.Timeouts(total: .seconds(60))))
    return (answer.status, try JSON.parse(answer.body))
  }

  /// What `/readyz` says, as the newest process announced its door.
  func readiness() async -> (status: Int, body: String)? {
    let line = lines.withLock { $0.last { $0.contains("service.started") } }
    guard let field = line?.split(separator: " ").first(where: { $0.hasPrefix("admin=") }) else { return nil }
    let request = HTTPRequest(
      url: "http://\(field.dropFirst("admin=".count))/readyz", timeouts: HTTPRequest.Timeouts(total: .seconds(5)))
    guard let answer = try? await client.send(request) else { return nil }
    return (answer.status, String(decoding: answer.body, as: UTF8.self))
  }
}

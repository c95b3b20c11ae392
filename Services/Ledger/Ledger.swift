internal import Bus
internal import FoundationEssentials
internal import Folding
internal import Service
internal import Settings
internal import Store
internal import Telemetry
internal import Threads
internal import Web

/// Builds the ledger: opens its file, puts back what an earlier broker took along, reads the log from where the file
/// stands, and opens its door.
func openLedger(_ context: ServiceContext) throws -> any Stoppable {
  let (settings, topics) = (context.settings, context.topics)
  if settings.ledgerToken == nil, !settings.ledger.isLoopback { throw LedgerError.open(settings.ledger.description) }
  try FileManager.default.createDirectory(atPath: settings.data, withIntermediateDirectories: true)
  let isEmbedded = settings.bus.kind == .embedded
  let patience = Opening(condition: context.readiness.condition("file"), log: context.log) { StopSignals.isPending }
  let file = try patience.wait { try LedgerFile(data: settings.data, survives: isEmbedded) }
  let number = try patience.wait { () throws(StoreError) in try file.log(incarnation: settings.incarnation) }
  let inlet = Inlet()
  let news = News()
  let meters = Meters(context.metrics) { Double(inlet.count) }
  let sender = Sender(service: settings.service, instance: settings.instance)
  let restore = isEmbedded ? Restore(topics: topics, sender: sender, incarnation: settings.incarnation) : nil
  let running = Running(inlet: inlet)
  let begun = Bell()

  // An idle fetch costs the embedded broker as much as a full one. On a real one records do not gather for it: what was
  // asked a moment ago and is given up is looked up here.
  let bus = settings.bus.patient
  let session = try BusSession(
    context, warming: [topics.events, topics.requests, topics.requestsBulk], reading: bus
  ) { session in
    // The restore and the writer use the file, one after the other, on one thread.
    running.writer = NamedThread.start("ledger-write") {
      do {
        let patience = Opening(condition: patience.condition, log: context.log) { !inlet.isOpen }
        if let restore {
          try restoreOnce(restore, file, number, session.producer, patience)
        }
        let events = topics.events
        let positions = try patience.wait { () throws(StoreError) in
          try Writer.positions(file.database, log: number)
        }
        _ = try session.add(.assigned(partitions(session.producer, topics), group: nil)) {
          LogReader(
            inlet: inlet, events: events, partitions: session.producer.partitions(of: events), positions: positions,
            log: context.log,
            fatal: { context.fatal("\($0)") })
        }
        begun.ring()
        let writer = try patience.wait { () throws(StoreError) in
          try Writer(file.database, log: number, events: events, keepsAsks: isEmbedded)
        }
        let loop = WriterLoop(
          inlet: inlet, meters: meters, log: context.log, condition: patience.condition, news: news,
          fatal: { context.fatal($0) })
        patience.condition.met()
        loop.run(writer)
      } catch Opening.Failure.stopped {
        begun.ring()
      } catch {
        context.fatal("\(error)")
      }
    }
  }
  let search = SearchLoop(data: settings.data, news: news, meters: meters, log: context.log)
  let readers = Readers(path: file.path, count: 2, log: context.log) { path in
    if path == SearchFile.path(data: settings.data) { search.damaged() }
  }
  let forgetting = Forgetting(
    producer: session.producer, topics: topics, sender: sender, readers: readers, news: news, life: number,
    log: context.log)
  let door = LedgerDoor(
    readers: readers, news: news, forgetting: forgetting, life: number, token: settings.ledgerToken, log: context.log,
    metrics: context.metrics)
  let server = try HTTPServer(settings.ledger, limits: HTTPServerLimits(), log: context.log) { request, responder in
    door.enter(request, responder)
  }
  // Whoever waits for this process to be there relies on what was put back.
  if isEmbedded { _ = begun.wait() }
  let address = SocketAddress(host: settings.ledger.host, port: server.port)
  context.log.info("ledger.opened", ("door", address), ("file", file.path))
  return OpenLedger(
    door: address, server: server, session: session, readers: readers, search: search, running: running,
    file: file)
}

enum LedgerError: Error, CustomStringConvertible {
  case open(String)

  var description: String {
    switch self {
    case .open(let address):
      "settings: CONCLAVE_LEDGER \(address) can be reached from elsewhere and there is no token; set CONCLAVE_LEDGER_TOKEN"
        + " as well, or listen on 127.0.0.1"
    }
  }
}

private func partitions(_ producer: Producer, _ topics: Topics) -> [TopicPartition] {
  [topics.events, topics.requests, topics.requestsBulk].flatMap { topic in
    (0..<(producer.partitions(of: topic) ?? 0)).map { TopicPartition(topic: topic, partition: $0) }
  }
}

/// Once in the life of a broker, however often this process is started in it.
private func restoreOnce(
  _ restore: Restore, _ file: LedgerFile, _ number: Int64, _ producer: Producer, _ patience: Opening
) throws {
  let isDone = try patience.wait {
    try file.database.number("SELECT restored FROM logs WHERE number = \(number)") == 1
  }
  guard !isDone else { return }
  let (records, report) = try patience.wait { try restore.records(file.database) }
  try Restore.write(records, producer)
  try patience.wait {
    try file.database.transaction { () throws(StoreError) in
      // they stand on the new topics now, and are read from there
      try file.database.run("DELETE FROM asks")
      try file.database.run("UPDATE logs SET restored = 1 WHERE number = \(number)")
    }
  }
  patience.log.info(
    "ledger.restored", ("deliberations", report.deliberations), ("events", report.events), ("asks", report.asks))
}

/// The thread that writes, once it runs.
final class Running: Sendable {
  let inlet: Inlet
  private let thread = Lock<NamedThread.Handle?>(nil)

  init(inlet: Inlet) { self.inlet = inlet }

  var writer: NamedThread.Handle? {
    get { thread.withLock { $0 } }
    set { thread.withLock { $0 = newValue } }
  }
}

struct OpenLedger: Stoppable, HasDoor {
  let door: SocketAddress
  let server: HTTPServer
  let session: BusSession
  let readers: Readers
  let search: SearchLoop
  let running: Running
  let file: LedgerFile

  func stop(within limit: Duration) {
    server.stop(within: limit / 4)
    running.inlet.close()
    session.stop(within: limit / 2)
    running.writer?.join()
    search.stop()
    readers.stop()
  }
}

internal import Bus
internal import Deliberation
internal import Folding
internal import Service
internal import Settings
internal import Telemetry
internal import Web

/// Builds the gateway: it listens on the partition of `replies` that its name hashes to, then opens its door.
func openGateway(_ context: ServiceContext) throws -> any Stoppable {
  let (settings, topics) = (context.settings, context.topics)
  let keys = Keys(settings.keys)
  if keys.isOpen, !settings.http.isLoopback { throw GatewayError.open(settings.http.description) }
  // beside a ledger it is for the moment until that has caught up
  let ledger = LedgerClient(settings)
  let known = ledger == nil ? Recollection() : Recollection(entries: 1_000, bytes: 2_000_000)
  let entrance = Entrance(keys, Admission.Bounds(settings), metrics: context.metrics, now: WallClock.now())
  let records = Records(known: known, ledger: ledger)
  let waiting = Waiting(
    gateway: settings.instance, incarnation: Sender.newIncarnation(), known: known, log: context.log,
    metrics: context.metrics,
    over: { client, cost in client.leave(entrance, cost: cost) },
    late: { client in Task { await records.answerLate(client) } })
  let sender = Sender(service: settings.service, instance: settings.instance, incarnation: waiting.incarnation)
  let session = try BusSession(
    context, warming: [topics.requests, topics.cancels, topics.replies, topics.events]
  ) { session in
    guard let partitions = session.producer.partitions(of: topics.replies) else {
      throw GatewayError.unknown(topics.replies)
    }
    waiting.listen(on: Partitioner.murmur2(Array(settings.instance.utf8), partitions: partitions))
    let own = TopicPartition(topic: topics.replies, partition: Int32(waiting.partition ?? 0))
    _ = try session.add(.assigned([own], group: nil)) { ReplyReceiver(waiting) }
  }
  let door = Door(
    waiting: waiting, known: known, records: records, entrance: entrance, keys: keys, sender: sender,
    producer: session.producer, context: context)
  let server = try HTTPServer(
    settings.http, limits: HTTPServerLimits(settings), log: context.log, metrics: context.metrics, host: door.host
  ) { request, responder in door.enter(request, responder) }
  let address = SocketAddress(host: settings.http.host, port: server.port)
  context.log.info(
    "gateway.open", ("door", address), ("keys", settings.keys.count),
    ("who", keys.isOpen ? "no keys are set: whoever reaches this loopback address may ask" : "whoever has a key"))
  return OpenGateway(
    door: address, server: server, session: session, waiting: waiting, sweeper: Sweeper(waiting),
    bill: Bill(entrance, ledger), records: records)
}

enum GatewayError: Error, CustomStringConvertible {
  case open(String)
  case unknown(String)

  var description: String {
    switch self {
    case .open(let address):
      "settings: CONCLAVE_HTTP \(address) can be reached from outside and no keys are set; set CONCLAVE_API_KEYS or listen on 127.0.0.1"
    case .unknown(let topic):
      "gateway: the brokers name no partitions of \(topic); create it with `conclave topics create`"
    }
  }
}

extension Admission.Bounds {
  /// Of what the embedded broker keeps of a partition, 5 MiB, half is for open deliberations: what has ended is still
  /// needed there when a service begins anew.
  init(_ settings: Settings) {
    let partition = 5 * 1024 * 1024
    let isEmbedded = settings.bus.kind == .embedded
    self.init(
      open: settings.gateway.maxOpen, bytes: settings.gateway.maxBytes, partition: isEmbedded ? partition / 2 : nil,
      lane: isEmbedded ? partition * 12 / 2 : nil)
  }
}

extension HTTPServerLimits {
  init(_ settings: Settings) {
    self.init()
    let gateway = settings.gateway
    bodyBytes = settings.limits.recordBytes
    bodySetting = "limits.record_bytes"
    headerBytes = gateway.headerBytes
    connections = gateway.connections
    headerTime = gateway.headerTime
    bodyTime = gateway.bodyTime
    arrivingBytes = gateway.arrivingBytes
    streamBytes = settings.limits.recordBytes
    discardBytes = 4 * settings.limits.recordBytes
  }
}

/// The running gateway. Its end cancels nothing: what was asked is answered on `results`.
struct OpenGateway: Stoppable, HasDoor {
  let door: SocketAddress
  let server: HTTPServer
  let session: BusSession
  let waiting: Waiting
  let sweeper: Sweeper
  let bill: Bill
  let records: Records

  func stop(within limit: Duration) {
    waiting.close()
    server.stop(within: limit / 4)
    sweeper.stop()
    bill.stop()
    records.stop()
    session.stop(within: limit / 2)
  }
}

import Bus
import Deliberation
import Folding
import Service
import Settings
import Telemetry
import Web

/// Builds the gateway: it listens on the partition of `replies` that its name hashes to, then opens its door.
func openGateway(_ context: ServiceContext) throws -> any Stoppable {
  let (settings, topics) = (context.settings, context.topics)
  if settings.keys.isEmpty, !settings.http.isLoopback {
    throw GatewayError.open(settings.http.description)
  }
  let waiting = Waiting(
    gateway: settings.instance, incarnation: Sender.newIncarnation(), log: context.log, metrics: context.metrics)
  let sender = Sender(service: settings.service, instance: settings.instance, incarnation: waiting.incarnation)
  let session = try BusSession(context, warming: [topics.requests, topics.cancels, topics.replies]) { session in
    guard let partitions = session.producer.partitions(of: topics.replies) else {
      throw GatewayError.unknown(topics.replies)
    }
    waiting.listen(on: Partitioner.murmur2(Array(settings.instance.utf8), partitions: partitions))
    let own = TopicPartition(topic: topics.replies, partition: Int32(waiting.partition ?? 0))
    _ = try session.add(.assigned([own], group: nil)) { ReplyReceiver(waiting) }
  }
  let door = Door(
    waiting: waiting, sender: sender, producer: session.producer, topics: topics, catalogue: settings.catalogue,
    keys: Keys(settings.keys), limits: settings.limits, readiness: context.readiness, log: context.log,
    metrics: context.metrics)
  var limits = HTTPServerLimits()
  limits.bodyBytes = settings.limits.recordBytes
  let server = try HTTPServer(settings.http, limits: limits, log: context.log) { request, responder in
    door.enter(request, responder)
  }
  let sweeper = Sweeper(waiting)
  let address = SocketAddress(host: settings.http.host, port: server.port)
  return OpenGateway(door: address, server: server, session: session, waiting: waiting, sweeper: sweeper)
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

/// The running gateway. Its end cancels nothing: what was asked is answered on `results`.
struct OpenGateway: Stoppable, HasDoor {
  let door: SocketAddress
  let server: HTTPServer
  let session: BusSession
  let waiting: Waiting
  let sweeper: Sweeper

  func stop(within limit: Duration) {
    waiting.close()
    server.stop(within: limit / 4)
    sweeper.stop()
    session.stop(within: limit / 2)
  }
}

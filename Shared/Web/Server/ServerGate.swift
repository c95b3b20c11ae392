internal import CMicrohttpd
internal import Glibc
internal import Telemetry
internal import Threads

/// Stands between libmicrohttpd and whoever handles requests: puts requests together, refuses what is over a bound,
/// hands out the rest, and sends what is answered. Its `on…` functions run on libmicrohttpd's thread.
final class ServerGate: Sendable {
  private enum Life {
    case open, draining, stopped
  }

  /// Bodies that are coming in, and what of them is here.
  private struct Arriving {
    var bodies = 0
    var bytes = 0
  }

  let watch: ConnectionWatch
  let log: Log
  private let limits: HTTPServerLimits
  private let host: ServerHost
  private let handle: @Sendable (ServerRequest, Responder) -> Void
  private let life = Lock(Life.open)
  private let numbers = Lock(UInt64(0))
  private let open = Lock(0)
  private let arriving = Lock(Arriving())
  private let metrics: ServerMetrics

  init(
    limits: HTTPServerLimits, log: Log, metrics: Metrics, host: ServerHost,
    _ handle: @escaping @Sendable (ServerRequest, Responder) -> Void
  ) throws(HTTPServerError) {
    let numbers = ServerMetrics(metrics)
    let shortest = min(limits.headerTime, limits.bodyTime) / 4
    watch = try ConnectionWatch(interval: min(max(shortest, .milliseconds(10)), .milliseconds(500))) { exchange in
      numbers.refused("too_slow")
      guard let exchange else { return [] }
      return Refusal.tooSlow(host.refused(exchange.request, 408, .now - exchange.began))
    }
    self.metrics = numbers
    self.limits = limits
    self.log = log
    self.host = host
    self.handle = handle
  }

  var openRequests: Int { open.withLock { $0 } }

  /// From now on new requests are refused.
  func drain() { life.withLock { $0 = .draining } }

  /// Ends what is open. An exchange that begins after this line sees that it is over, one that began before is in the
  /// list.
  func stop() {
    life.withLock { $0 = .stopped }
    for connection in watch.connections { connection.exchange?.stop() }
  }

  // MARK: connections

  func onOpened(_ socket: Int32) -> ServerConnection {
    let number = numbers.withLock { number in
      number += 1
      return number
    }
    let connection = ServerConnection(
      number: number, socket: socket, watch: watch, headersUntil: .now + limits.headerTime)
    watch.add(connection)
    metrics.connections.set(Double(watch.count))
    return connection
  }

  func onClosed(_ connection: ServerConnection) {
    connection.closed()
    metrics.connections.set(Double(watch.count))
  }

  // MARK: requests

  /// The headers have arrived. Nil: close the connection.
  func onHeaders(_ pointer: OpaquePointer, _ connection: ServerConnection, _ request: ServerRequest) -> Exchange? {
    let exchange = Exchange(connection, pointer, request, streamLimit: limits.streamBytes)
    guard connection.enter(.body(until: .now + limits.bodyTime, exchange)) else { return nil }
    open.withLock { $0 += 1 }
    exchange.refusal = refusal(pointer, request)
    return exchange
  }

  /// Whether what is refused is refused before the body: where the client waits to be told to send it, and where nobody
  /// can say where it ends.
  func refusesEarly(_ exchange: Exchange) -> Bool {
    guard let refusal = exchange.refusal else { return false }
    return refusal.isEarly || exchange.request.header("Expect") != nil
  }

  private func refusal(_ pointer: OpaquePointer, _ request: ServerRequest) -> Refusal? {
    if conclave_mhd_header_bytes(pointer) > limits.headerBytes {
      return .headersTooLarge(limit: limits.headerBytes)
    }
    guard RequestReader.hasTokensForNames(pointer) else { return .malformedHeader }
    let lengths = request.headers("content-length")
    let encodings = request.headers("transfer-encoding")
    guard lengths.count + encodings.count <= 1, encodings.allSatisfy({ $0.lowercased() == "chunked" }) else {
      return .ambiguousLength
    }
    if let length = lengths.first.flatMap(Int.init), length > limits.bodyBytes { return tooLarge }
    guard life.withLock({ $0 }) == .open else { return .stopping }
    let hasBody = !encodings.isEmpty || lengths.contains { $0 != "0" }
    return hasBody ? host.greet(request).map { .unwelcome($0) } : nil
  }

  private var tooLarge: Refusal { .bodyTooLarge(limit: limits.bodyBytes, setting: limits.bodySetting) }

  /// A piece of the body. False: close the connection.
  func onBody(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if exchange.refusal == nil, exchange.received.count + bytes.count > limits.bodyBytes {
      exchange.refusal = tooLarge
      forget(exchange)
    }
    if exchange.refusal == nil, !mayTake(bytes.count, exchange) {
      exchange.refusal = .crowded(limit: limits.arrivingBytes)
      forget(exchange)
    }
    guard exchange.refusal == nil else {
      // read to its end, so that the client gets to read the refusal: closing with bytes unread resets the connection
      exchange.discarded += bytes.count
      return exchange.discarded <= limits.discardBytes
    }
    exchange.receive(bytes)
    return true
  }

  /// Whether there is room for so much more of a body: in all, or of the equal share that each has.
  private func mayTake(_ count: Int, _ exchange: Exchange) -> Bool {
    let bytes = arriving.withLock { arriving -> Int? in
      let isFirst = exchange.received.isEmpty
      let bodies = arriving.bodies + (isFirst ? 1 : 0)
      guard
        arriving.bytes + count <= limits.arrivingBytes
          || exchange.received.count + count <= limits.arrivingBytes / bodies
      else { return nil }
      arriving.bodies = bodies
      arriving.bytes += count
      return arriving.bytes
    }
    guard let bytes else { return false }
    metrics.arriving.set(Double(bytes))
    return true
  }

  /// What has been received of a body is not needed any more.
  private func forget(_ exchange: Exchange) {
    let count = exchange.drop()
    guard count > 0 else { return }
    let bytes = arriving.withLock { arriving in
      arriving.bodies -= 1
      arriving.bytes -= count
      return arriving.bytes
    }
    metrics.arriving.set(Double(bytes))
  }

  /// The request is whole, or what it waited for is there. False: close the connection.
  func onWhole(_ exchange: Exchange, _ pointer: OpaquePointer) -> Bool {
    if !exchange.isHandedOut {
      guard exchange.connection.enter(.answer(exchange)) else { return false }
      exchange.isHandedOut = true
      if let refusal = exchange.refusal {
        let more = host.refused(exchange.request, refusal.status, .now - exchange.began)
        exchange.respond(AnswerState.Head(status: refusal.status, headers: refusal.headers + more), refusal.body)
        metrics.refused(String(refusal.status))
      } else {
        handle(exchange.whole, Responder(exchange))
        forget(exchange)
      }
      if life.withLock({ $0 }) == .stopped { exchange.stop() }
    }
    switch exchange.reply() {
    case .cut: return false
    case .later: exchange.suspend(streaming: false)
    case .whole(let head, let body):
      metrics.answered(head.status)
      return ServerReply.whole(pointer, head, body, closing: life.withLock { $0 } != .open, log)
    case .stream(let head):
      metrics.answered(head.status)
      return ServerReply.stream(pointer, head, exchange, closing: life.withLock { $0 } != .open, log)
    }
    return true
  }

  func onCompleted(_ exchange: Exchange, _ outcome: AnswerState.Outcome) {
    exchange.completed(outcome)
    forget(exchange)
    _ = exchange.connection.enter(.request(until: .now + limits.idleTime + limits.headerTime))
    open.withLock { $0 -= 1 }
    if outcome == .broken { metrics.hangUps.add() }
  }
}

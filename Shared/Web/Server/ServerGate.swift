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

  let watch: ConnectionWatch
  let log: Log
  private let limits: HTTPServerLimits
  private let handle: @Sendable (ServerRequest, Responder) -> Void
  private let life = Lock(Life.open)
  private let numbers = Lock(UInt64(0))
  private let open = Lock(0)
  private let metrics: ServerMetrics

  init(
    limits: HTTPServerLimits, log: Log, metrics: Metrics,
    _ handle: @escaping @Sendable (ServerRequest, Responder) -> Void
  ) throws(HTTPServerError) {
    let numbers = ServerMetrics(metrics)
    let shortest = min(limits.headerTime, limits.bodyTime) / 4
    watch = try ConnectionWatch(interval: min(max(shortest, .milliseconds(10)), .milliseconds(500))) {
      numbers.refused("too_slow")
    }
    self.metrics = numbers
    self.limits = limits
    self.log = log
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
  func onHeaders(_ pointer: OpaquePointer, _ connection: ServerConnection) -> Exchange? {
    guard connection.enter(.body(until: .now + limits.bodyTime)) else { return nil }
    let exchange = Exchange(connection, pointer, streamLimit: limits.streamBytes)
    open.withLock { $0 += 1 }
    exchange.refusal = refusal(pointer)
    return exchange
  }

  /// Whether what is refused is refused before the body: where the client waits to be told to send it, and where nobody
  /// can say where it ends.
  func refusesEarly(_ exchange: Exchange, _ pointer: OpaquePointer) -> Bool {
    guard let refusal = exchange.refusal else { return false }
    return refusal == .ambiguousLength || refusal == .malformedHeader || RequestReader.header(pointer, "Expect") != nil
  }

  private func refusal(_ pointer: OpaquePointer) -> Refusal? {
    if conclave_mhd_header_bytes(pointer) > limits.headerBytes {
      return .headersTooLarge(limit: limits.headerBytes)
    }
    guard RequestReader.hasTokensForNames(pointer) else { return .malformedHeader }
    let lengths = RequestReader.headers(pointer, "Content-Length")
    let encodings = RequestReader.headers(pointer, "Transfer-Encoding")
    guard lengths.count + encodings.count <= 1, encodings.allSatisfy({ $0.lowercased() == "chunked" }) else {
      return .ambiguousLength
    }
    if let length = lengths.first.flatMap(Int.init), length > limits.bodyBytes { return tooLarge }
    return life.withLock { $0 } == .open ? nil : .stopping
  }

  private var tooLarge: Refusal { .bodyTooLarge(limit: limits.bodyBytes, setting: limits.bodySetting) }

  /// A piece of the body. False: close the connection.
  func onBody(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if exchange.refusal == nil, exchange.received.count + bytes.count > limits.bodyBytes {
      exchange.refusal = tooLarge
      exchange.received = []
    }
    guard exchange.refusal == nil else {
      // read to its end, so that the client gets to read the refusal: closing with bytes unread resets the connection
      exchange.discarded += bytes.count
      return exchange.discarded <= limits.discardBytes
    }
    exchange.received.append(contentsOf: bytes)
    return true
  }

  /// The request is whole, or what it waited for is there. False: close the connection.
  func onWhole(_ exchange: Exchange, _ pointer: OpaquePointer, _ read: () -> ServerRequest) -> Bool {
    if !exchange.isHandedOut {
      guard exchange.connection.enter(.answer(exchange)) else { return false }
      exchange.isHandedOut = true
      if let refusal = exchange.refusal {
        exchange.respond(AnswerState.Head(status: refusal.status, headers: refusal.headers), refusal.body)
        metrics.refused(String(refusal.status))
      } else {
        handle(read(), Responder(exchange))
        exchange.received = []
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
    _ = exchange.connection.enter(.request(until: .now + limits.idleTime + limits.headerTime))
    open.withLock { $0 -= 1 }
    if outcome == .broken { metrics.hangUps.add() }
  }
}

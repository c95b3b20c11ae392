internal import CMicrohttpd
internal import Telemetry

// What libmicrohttpd calls, on its own thread. The owner is the gate, alive until the daemon has stopped; a connection's
// context is its `ServerConnection`, a request's is its `Exchange`, each retained when it is put there and released when
// libmicrohttpd says that it is over.

func serverLog(_ owner: UnsafeMutableRawPointer?, _ line: UnsafePointer<CChar>?) {
  guard let owner, let line else { return }
  let text = String(cString: line)
  let gate = Unmanaged<ServerGate>.fromOpaque(owner).takeUnretainedValue()
  // what a client did wrong is no event of ours
  gate.log.debug("http.library", ("says", text.last == "\n" ? String(text.dropLast()) : text))
}

func serverConnection(
  _ owner: UnsafeMutableRawPointer?, _ pointer: OpaquePointer?,
  _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
  guard let owner, let pointer, let context else { return }
  let gate = Unmanaged<ServerGate>.fromOpaque(owner).takeUnretainedValue()
  if code == .CONNECTION_NOTIFY_STARTED {
    let connection = gate.onOpened(conclave_mhd_socket(pointer))
    context.pointee = Unmanaged.passRetained(connection).toOpaque()
  } else if let kept = context.pointee {
    context.pointee = nil
    gate.onClosed(Unmanaged<ServerConnection>.fromOpaque(kept).takeRetainedValue())
  }
}

func serverAccess(
  _ owner: UnsafeMutableRawPointer?, _ pointer: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
  _ uploadSize: UnsafeMutablePointer<Int>?, _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let owner, let pointer, let path, let method, let uploadSize, let context else { return .NO }
  let gate = Unmanaged<ServerGate>.fromOpaque(owner).takeUnretainedValue()
  guard let kept = context.pointee else {
    guard let socketContext = conclave_mhd_socket_context(pointer) else { return .NO }
    let connection = Unmanaged<ServerConnection>.fromOpaque(socketContext).takeUnretainedValue()
    let request = RequestReader.head(pointer, method: method, path: path)
    guard let exchange = gate.onHeaders(pointer, connection, request) else { return .NO }
    context.pointee = Unmanaged.passRetained(exchange).toOpaque()
    guard gate.refusesEarly(exchange) else { return .YES }
    return gate.onWhole(exchange, pointer) ? .YES : .NO
  }
  let exchange = Unmanaged<Exchange>.fromOpaque(kept).takeUnretainedValue()
  if let upload, uploadSize.pointee > 0 {
    let bytes = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
    uploadSize.pointee = 0
    return gate.onBody(exchange, bytes) ? .YES : .NO
  }
  return gate.onWhole(exchange, pointer) ? .YES : .NO
}

func serverCompleted(
  _ owner: UnsafeMutableRawPointer?, _ pointer: OpaquePointer?,
  _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
  guard let owner, let context, let kept = context.pointee else { return }
  context.pointee = nil
  let exchange = Unmanaged<Exchange>.fromOpaque(kept).takeRetainedValue()
  let gate = Unmanaged<ServerGate>.fromOpaque(owner).takeUnretainedValue()
  let outcome: AnswerState.Outcome =
    switch code {
    case .REQUEST_TERMINATED_COMPLETED_OK: .sent
    case .REQUEST_TERMINATED_DAEMON_SHUTDOWN: .stopped
    default: .broken
    }
  gate.onCompleted(exchange, outcome)
}

func serverRead(
  _ owner: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int
) -> Int {
  // libmicrohttpd's two marks: the stream is over, or cut
  let end = -1
  let cut = -2
  guard let owner, let buffer else { return cut }
  let exchange = Unmanaged<Exchange>.fromOpaque(owner).takeUnretainedValue()
  let piece = UnsafeMutableRawPointer(buffer).withMemoryRebound(to: UInt8.self, capacity: size) { bytes in
    exchange.take(into: UnsafeMutableBufferPointer(start: bytes, count: size))
  }
  switch piece {
  case .bytes(let count): return count
  case .end: return end
  case .cut: return cut
  case .later:
    exchange.suspend(streaming: true)
    return 0
  }
}

func serverReadEnded(_ owner: UnsafeMutableRawPointer?) {
  guard let owner else { return }
  Unmanaged<Exchange>.fromOpaque(owner).release()
}

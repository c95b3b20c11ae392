internal import CMicrohttpd
internal import Telemetry

/// Gives an answer to libmicrohttpd. A response belongs to us until it is destroyed; queueing it takes a share of its
/// own, so it is destroyed here either way.
enum ServerReply {
  static func whole(
    _ connection: OpaquePointer, _ head: AnswerState.Head, _ body: [UInt8], closing: Bool, _ log: Log
  ) -> Bool {
    let made = body.withUnsafeBytes { bytes in
      // copied at once, so the cast away from const changes nothing
      MHD_create_response_from_buffer(
        bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    return queue(connection, made, head, closing, log)
  }

  static func stream(
    _ connection: OpaquePointer, _ head: AnswerState.Head, _ exchange: Exchange, closing: Bool, _ log: Log
  ) -> Bool {
    // the response keeps the exchange until it is freed
    let owner = Unmanaged.passRetained(exchange)
    let made = MHD_create_response_from_callback(UInt64.max, 4_096, serverRead, owner.toOpaque(), serverReadEnded)
    if made == nil { owner.release() }
    return queue(connection, made, head, closing, log)
  }

  private static func queue(
    _ connection: OpaquePointer, _ response: OpaquePointer?, _ head: AnswerState.Head, _ closing: Bool, _ log: Log
  ) -> Bool {
    guard let response else { return false }
    defer { MHD_destroy_response(response) }
    for (name, value) in head.headers where MHD_add_response_header(response, name, value) != .YES {
      log.warning("http.header.refused", ("name", name))
    }
    if closing { _ = MHD_add_response_header(response, "Connection", "close") }
    return MHD_queue_response(connection, UInt32(clamping: head.status), response) == .YES
  }
}

/// An answer that the server gives by itself, because the request is not fit to be handed out.
enum Refusal: Equatable {
  case bodyTooLarge(limit: Int, setting: String?)
  case headersTooLarge(limit: Int)
  case ambiguousLength
  case malformedHeader
  case stopping

  var status: Int {
    switch self {
    case .bodyTooLarge: 413
    case .headersTooLarge: 431
    case .ambiguousLength, .malformedHeader: 400
    case .stopping: 503
    }
  }

  var message: String {
    switch self {
    case .bodyTooLarge(let limit, let setting):
      "the body has more than \(limit) bytes" + (setting.map { "; the limit is set by \($0)" } ?? "")
    case .headersTooLarge(let limit): "the request line and headers have more than \(limit) bytes"
    case .ambiguousLength: "send either one Content-Length or Transfer-Encoding: chunked"
    case .malformedHeader: "a header's name holds letters, digits and - alone, and its colon follows at once"
    case .stopping: "this process is ending; send the request again"
    }
  }

  private var errorType: String {
    switch self {
    case .bodyTooLarge: "payload_too_large"
    case .headersTooLarge, .ambiguousLength, .malformedHeader: "invalid_request"
    case .stopping: "provider_overloaded"
    }
  }

  var headers: [(String, String)] {
    let retry = self == .stopping ? [("Retry-After", "1")] : []
    return [("Content-Type", "application/json"), ("Connection", "close")] + retry
  }

  /// The shape that every error of ours has. The messages hold nothing that JSON would have to escape.
  var body: [UInt8] {
    let metadata = "{\"error_type\":\"\(errorType)\"}"
    return Array("{\"error\":{\"code\":\(status),\"message\":\"\(message)\",\"metadata\":\(metadata)}}".utf8)
  }

  /// What a client gets whose body did not arrive in time, word for word: libmicrohttpd is not asked any more.
  static let tooSlow: [UInt8] = {
    let message = "the body did not arrive in time"
    let body = "{\"error\":{\"code\":408,\"message\":\"\(message)\",\"metadata\":{\"error_type\":\"timeout\"}}}"
    let head = "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }()
}

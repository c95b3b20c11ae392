/// An answer that the server gives by itself, because the request is not fit to be handed out.
enum Refusal {
  case bodyTooLarge(limit: Int, setting: String?)
  case headersTooLarge(limit: Int)
  case ambiguousLength
  case malformedHeader
  case stopping
  /// What arrives takes all the room there is.
  case crowded(limit: Int)
  /// Whoever is served for does not want it.
  case unwelcome(ServerAnswer)

  var status: Int {
    switch self {
    case .bodyTooLarge: 413
    case .headersTooLarge: 431
    case .ambiguousLength, .malformedHeader: 400
    case .stopping, .crowded: 503
    case .unwelcome(let answer): answer.status
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
    case .crowded(let limit): "the bodies that are coming in take \(limit) bytes together; send the request again"
    case .unwelcome: ""
    }
  }

  private var errorType: String {
    switch self {
    case .bodyTooLarge: "payload_too_large"
    case .headersTooLarge, .ambiguousLength, .malformedHeader: "invalid_request"
    case .stopping, .crowded: "provider_overloaded"
    case .unwelcome: ""
    }
  }

  var headers: [(String, String)] {
    if case .unwelcome(let answer) = self { return answer.headers + [("Connection", "close")] }
    let retry = status == 503 ? [("Retry-After", "1")] : []
    return [("Content-Type", "application/json"), ("Connection", "close")] + retry
  }

  /// The shape that every error of ours has. The messages hold nothing that JSON would have to escape.
  var body: [UInt8] {
    if case .unwelcome(let answer) = self { return answer.body }
    let metadata = "{\"error_type\":\"\(errorType)\"}"
    return Array("{\"error\":{\"code\":\(status),\"message\":\"\(message)\",\"metadata\":\(metadata)}}".utf8)
  }

  /// Whether it is told before the body: nobody can say where that ends.
  var isEarly: Bool {
    switch self {
    case .ambiguousLength, .malformedHeader: true
    default: false
    }
  }

  /// What a client gets whose body did not arrive in time, word for word: libmicrohttpd is not asked any more.
  static func tooSlow(_ headers: [(String, String)]) -> [UInt8] {
    let message = "the body did not arrive in time"
    let body = "{\"error\":{\"code\":408,\"message\":\"\(message)\",\"metadata\":{\"error_type\":\"timeout\"}}}"
    var head = "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }
}

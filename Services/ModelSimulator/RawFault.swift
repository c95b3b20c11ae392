/// What no HTTP server would ever send: bytes on a bare connection.
enum RawFault: String, Sendable, CaseIterable {
  /// Headers without end.
  case headerFlood = "header-flood"
  /// No HTTP at all.
  case garbage
  /// A status line that is none.
  case badStatus = "bad-status"
  /// A chunk whose length is no number.
  case badChunk = "bad-chunk"
  /// Less than Content-Length promised, and the end.
  case shortBody = "short-body"
  /// Two lengths that contradict each other.
  case twoLengths = "two-lengths"
  /// A byte of the headers every 200 ms.
  case slowHeaders = "slow-headers"
  /// The connection is reset instead of answered.
  case reset
  /// The connection is closed instead of answered.
  case close

  struct Play: Equatable {
    var opening: [UInt8] = []
    /// Sent again and again after the opening.
    var repeated: [UInt8] = []
    var times = 0
    var pauseMilliseconds = 0
    var resets = false
  }

  var play: Play {
    let json = "{\"choices\": []}"
    switch self {
    case .headerFlood:
      let line = "x-flood: " + String(repeating: "x", count: 990) + "\r\n"
      return Play(opening: Array("HTTP/1.1 200 OK\r\n".utf8), repeated: Array(line.utf8), times: 50_000)
    case .garbage: return Play(opening: (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 128) })
    case .badStatus: return Play(opening: Array("HTTP/1.1 abc OK\r\n\r\n".utf8))
    case .badChunk:
      return Play(
        opening: Array("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n\(json)\r\n0\r\n\r\n".utf8))
    case .shortBody: return Play(opening: Array("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n\(json)".utf8))
    case .twoLengths:
      return Play(opening: Array("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 15\r\n\r\n\(json)".utf8))
    case .slowHeaders:
      return Play(
        opening: Array("HTTP/1.1 200 OK\r\nx-slow: ".utf8), repeated: Array("x".utf8), times: 9000,
        pauseMilliseconds: 200)
    case .reset: return Play(resets: true)
    case .close: return Play()
    }
  }

  /// The fault that a request line such as `POST /short-body/v1/chat/completions HTTP/1.1` names.
  init?(requestLine: some StringProtocol) {
    let words = requestLine.split(separator: " ")
    guard words.count >= 2, let first = words[1].split(separator: "/").first else { return nil }
    self.init(rawValue: String(first))
  }
}

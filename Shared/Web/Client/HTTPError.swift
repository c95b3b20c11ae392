/// Why a request got no whole answer. An answer with status 500 is not a failure here: whoever asked reads the status.
package enum HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which of the request's bounds was over.
  package enum Bound: String, Sendable {
    case connect, firstByte = "first byte", idle, total
  }

  case invalidRequest(String)
  case unresolved(String)
  case unreachable(String)
  /// The client may not connect to where the name leads.
  case forbidden(String)
  case insecure(String)
  case timeout(Bound)
  /// The other side ended the connection before the answer was whole.
  case cut(String)
  /// What came is not HTTP, or cannot be decompressed.
  case malformed(String)
  case bodyTooLarge(limit: Int)
  case headersTooLarge(limit: Int)
  case cancelled
  case clientStopped
  /// More transfers than this client takes.
  case busy(limit: Int)
  case other(String)

  package var description: String {
    switch self {
    case .invalidRequest(let why): "the request cannot be sent: \(why)"
    case .unresolved(let why): "the host's name is not known: \(why)"
    case .unreachable(let why): "no connection could be made: \(why)"
    case .forbidden(let address): "it leads to \(address), where no connection may be made"
    case .insecure(let why): "the connection is not trusted: \(why)"
    case .timeout(let bound): "the time for \(bound.rawValue) is over"
    case .cut(let why): "the connection ended before the answer: \(why)"
    case .malformed(let why): "the answer is no valid HTTP: \(why)"
    case .bodyTooLarge(let limit): "the answer has more than \(limit) bytes"
    case .headersTooLarge(let limit): "the answer's headers have more than \(limit) bytes"
    case .cancelled: "cancelled"
    case .clientStopped: "the HTTP client has been shut down"
    case .busy(let limit): "more than \(limit) requests at once; raise the client's transfer limit or wait"
    case .other(let why): why
    }
  }
}

import Telemetry
import Threads
import Web

/// A web site on the loopback address.
final class Site: Sendable {
  enum Answer: Sendable {
    case page(String, String)
    case bytes(String, [UInt8])
    /// In gzip.
    case packed(String, [UInt8])
    case redirect(String)
    case status(Int)
    case silence
  }

  private let server: HTTPServer
  private let seen: Lock<[ServerRequest]>

  init?(_ answer: @escaping @Sendable (String) -> Answer) {
    let seen = Lock<[ServerRequest]>([])
    self.seen = seen
    let kept = Lock<[Responder]>([])
    let server = try? HTTPServer(SocketAddress(host: "127.0.0.1", port: 0), log: .silent) { request, responder in
      seen.withLock { $0.append(request) }
      switch answer(request.path) {
      case .page(let type, let text): responder.respond(200, [("content-type", type)], Array(text.utf8))
      case .bytes(let type, let bytes): responder.respond(200, [("content-type", type)], bytes)
      case .packed(let type, let bytes):
        responder.respond(200, [("content-type", type), ("content-encoding", "gzip")], bytes)
      case .redirect(let target): responder.respond(302, [("location", target)], [])
      case .status(let status): responder.respond(status, [], [])
      case .silence: kept.withLock { $0.append(responder) }
      }
    }
    guard let server else { return nil }
    self.server = server
  }

  var port: Int { server.port }
  var requests: [ServerRequest] { seen.withLock { $0 } }
  var paths: [String] { requests.map(\.path) }

  /// A rule under which every name is this site, and nothing else can be reached.
  static let peers = PeerRule(
    lookup: { _ in [PeerAddress(v4: (127, 0, 0, 1))] }, admits: { $0 == PeerAddress(v4: (127, 0, 0, 1)) })

  func stop() { server.stop() }
}

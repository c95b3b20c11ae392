import Deliberation
import Telemetry
import Threads
import Web

/// An OTLP/HTTP receiver: keeps every span with the service that it came from.
final class TraceReceiver: Sendable {
  struct Received: Sendable {
    let service: String
    let span: JSON

    var id: String { span["spanId"]?.string ?? "" }
    var trace: String { span["traceId"]?.string ?? "" }
    var parent: String? { span["parentSpanId"]?.string }
    var name: String { span["name"]?.string ?? "" }

    subscript(attribute: String) -> String? {
      let found = (span["attributes"]?.array ?? []).first { $0["key"]?.string == attribute }?["value"]
      return found?["stringValue"]?.string ?? found?["intValue"]?.string
    }
  }

  private let spans = Lock<[Received]>([])
  private let server: HTTPServer

  init() throws {
    let spans = spans
    server = try HTTPServer(try SocketAddress("127.0.0.1:0"), limits: HTTPServerLimits(), log: .silent) {
      request, responder in
      guard request.method == "POST", request.path == "/v1/traces", let json = try? JSON.parse(request.body) else {
        return responder.respond(400, [], [])
      }
      for resource in json["resourceSpans"]?.array ?? [] {
        let attributes = resource["resource"]?["attributes"]?.array ?? []
        let service = attributes.first { $0["key"]?.string == "service.name" }?["value"]?["stringValue"]?.string
        for scope in resource["scopeSpans"]?.array ?? [] {
          let new = (scope["spans"]?.array ?? []).map { Received(service: service ?? "", span: $0) }
          spans.withLock { $0 += new }
        }
      }
      responder.respond(200, [("Content-Type", "application/json")], Array("{}".utf8))
    }
  }

  var url: String { "http://127.0.0.1:\(server.port)" }

  func trace(_ id: String) -> [Received] { spans.withLock { $0.filter { $0.trace == id } } }

  func stop() { server.stop(within: .seconds(2)) }
}

internal import Deliberation
internal import Web

/// What asking an engine over HTTP has in common: the bounds, and what failures mean.
enum EngineRequest {
  private static let maxBytes = 4_000_000

  static func send(
    _ client: HTTPClient, _ engine: String, _ request: HTTPRequest, within limit: Duration
  ) async throws(SearchFailure) -> (json: JSON, bytes: Int) {
    var request = request
    request.timeouts = HTTPRequest.Timeouts(connect: min(.seconds(5), limit), total: limit)
    request.maxBodyBytes = maxBytes
    let response: HTTPResponse
    do throws(HTTPError) { response = try await client.send(request) } catch {
      if case .timeout = error { throw SearchFailure("\(engine): \(error)", .timeout) }
      throw SearchFailure("\(engine): \(error)")
    }
    guard (200...299).contains(response.status) else { throw SearchFailure("\(engine) answered \(response.status)") }
    guard let json = try? JSON.parse(response.body) else { throw SearchFailure("\(engine) answered with no JSON") }
    return (json, response.body.count)
  }

  static func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126: bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The host of what an engine found, also where it could not be fetched.
  static func host(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return "" }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.split(separator: "@").last ?? ""
    return host.prefix { $0 != ":" }.lowercased()
  }
}

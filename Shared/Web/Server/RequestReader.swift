internal import CMicrohttpd

/// Copies a request out of libmicrohttpd's memory.
enum RequestReader {
  private final class Pairs {
    var pairs: [(String, String)] = []
  }

  /// Without its body.
  static func head(
    _ connection: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>
  ) -> ServerRequest {
    ServerRequest(
      method: String(cString: method), path: String(cString: path), query: pairs(connection, .GET_ARGUMENT_KIND),
      headers: pairs(connection, .HEADER_KIND), remote: NumericAddress.host(conclave_mhd_client(connection)))
  }

  /// Whether every header has a name that is a token. libmicrohttpd takes `Transfer-Encoding : chunked` for a header whose
  /// name ends with a space, while others on the way see the encoding, and so another end of the request.
  static func hasTokensForNames(_ connection: OpaquePointer) -> Bool {
    var isProper = true
    withUnsafeMutablePointer(to: &isProper) { target in
      _ = MHD_get_connection_values_n(
        connection, .HEADER_KIND,
        { target, _, name, size, _, _ in
          let name = UnsafeRawBufferPointer(start: name, count: size)
          guard !name.isEmpty, name.allSatisfy(RequestReader.isToken) else {
            target?.storeBytes(of: false, as: Bool.self)
            return .NO
          }
          return .YES
        }, target)
    }
    return isProper
  }

  /// As RFC 9110 says it.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "^")...UInt8(ascii: "z"):
      true
    case UInt8(ascii: "!"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
    case UInt8(ascii: "#")...UInt8(ascii: "'"): true
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  private static func pairs(_ connection: OpaquePointer, _ kind: MHD_ValueKind) -> [(String, String)] {
    let pairs = Pairs()
    _ = withExtendedLifetime(pairs) {
      MHD_get_connection_values(
        connection, kind,
        { target, _, name, value in
          guard let target, let name else { return .YES }
          let pairs = Unmanaged<Pairs>.fromOpaque(target).takeUnretainedValue()
          pairs.pairs.append((String(cString: name), value.map { String(cString: $0) } ?? ""))
          return .YES
        }, Unmanaged.passUnretained(pairs).toOpaque())
    }
    return pairs.pairs
  }
}

internal import CCurl

/// Tells libcurl what to send.
enum RequestWriter {
  /// The list of headers that comes back belongs to the caller and must outlive the transfer. Everything else is copied.
  static func write(
    _ request: HTTPRequest, _ handle: UnsafeMutableRawPointer
  ) throws(HTTPError) -> UnsafeMutablePointer<curl_slist>? {
    guard request.url.hasPrefix("http://") || request.url.hasPrefix("https://") else {
      throw .invalidRequest("its address must begin with http:// or https://")
    }
    try check(request.url, "its address")
    try check(request.method, "its method")
    for (name, value) in request.headers where !isClean(name) || !isClean(value) {
      throw .invalidRequest("its header \(name) has a control character")
    }
    conclave_curl_text(handle, CURLOPT_URL, request.url)
    if isLoopback(request.url) { conclave_curl_text(handle, CURLOPT_PROXY, "") }
    if let file = request.certificateFile { conclave_curl_text(handle, CURLOPT_CAINFO, file) }
    if request.url.hasPrefix("https://") {
      conclave_curl_number(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
      // a crowd of first requests shares one connection rather than opening one each
      conclave_curl_number(handle, CURLOPT_PIPEWAIT, 1)
    } else {
      conclave_curl_number(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    }
    if let connect = request.timeouts.connect {
      conclave_curl_number(handle, CURLOPT_CONNECTTIMEOUT_MS, max(1, connect.milliseconds))
    }
    method(request, handle)
    return headers(request, handle)
  }

  /// Tells libcurl where a host is, instead of letting it ask. The list must outlive the transfer.
  static func write(
    _ url: String, _ handle: UnsafeMutableRawPointer, _ lookup: (String) -> [PeerAddress]
  ) -> UnsafeMutablePointer<curl_slist>? {
    guard let scheme = url.firstRange(of: "://") else { return nil }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.hasPrefix("[") else { return nil }
    let parts = authority.split(separator: ":", maxSplits: 1)
    guard let host = parts.first else { return nil }
    let port = parts.count > 1 ? String(parts[1]) : url.hasPrefix("https") ? "443" : "80"
    let found = lookup(String(host)).map { $0.isV6 ? "[\($0)]" : "\($0)" }
    // an address that nothing answers at stands for a name that is not known
    let list = curl_slist_append(nil, "\(host):\(port):\(found.isEmpty ? "0.0.0.0" : found.joined(separator: ","))")
    conclave_curl_list(handle, CURLOPT_RESOLVE, list)
    return list
  }

  private static func method(_ request: HTTPRequest, _ handle: UnsafeMutableRawPointer) {
    if request.method == "HEAD" {
      conclave_curl_number(handle, CURLOPT_NOBODY, 1)
    } else if request.method == "POST" || !request.body.isEmpty {
      conclave_curl_number(handle, CURLOPT_POST, 1)
      conclave_curl_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, request.body.count)
      _ = request.body.withUnsafeBytes { bytes in
        // an empty array has no address, and without one libcurl would ask a function for the body
        conclave_curl_bytes(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(handle))
      }
      if request.method != "POST" { conclave_curl_text(handle, CURLOPT_CUSTOMREQUEST, request.method) }
    } else if request.method != "GET" {
      conclave_curl_text(handle, CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private static func headers(
    _ request: HTTPRequest, _ handle: UnsafeMutableRawPointer
  ) -> UnsafeMutablePointer<curl_slist>? {
    // libcurl would wait a second for 100 Continue before a large body
    var lines = curl_slist_append(nil, "Expect:")
    func names(_ name: String) -> Bool { request.headers.contains { ASCIIText.isSame($0.0, name) } }
    // nor does it know what the body is
    if !names("content-type"), let longer = curl_slist_append(lines, "Content-Type:") { lines = longer }
    for (name, value) in request.headers {
      // with a semicolon libcurl sends a header that has no value; with a colon it would leave it out
      let line = value.isEmpty ? "\(name);" : "\(name): \(value)"
      if let longer = curl_slist_append(lines, line) { lines = longer }
    }
    if !names("accept-encoding") { conclave_curl_text(handle, CURLOPT_ACCEPT_ENCODING, "gzip, deflate") }
    conclave_curl_list(handle, CURLOPT_HTTPHEADER, lines)
    return lines
  }

  /// A line break would end a header and begin another.
  private static func check(_ text: String, _ what: String) throws(HTTPError) {
    guard isClean(text) else { throw .invalidRequest("\(what) has a control character") }
  }

  private static func isClean(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 } }

  static func isLoopback(_ url: String) -> Bool {
    let bytes = url.utf8
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
      return false
    }
    let rest = bytes[bytes.index(colon, offsetBy: 3)...]
    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    let start = authority.lastIndex(of: UInt8(ascii: "@")).map { authority.index(after: $0) } ?? authority.startIndex
    let hostAndPort = authority[start...]
    if hostAndPort.starts(with: "[::1]".utf8) { return true }
    let host = hostAndPort.prefix { $0 != UInt8(ascii: ":") }
    // what no loopback address begins with is not looked at further
    guard let first = host.first, first == UInt8(ascii: "1") || first == UInt8(ascii: "l") else { return false }
    return SocketAddress(host: String(Substring(host)), port: 0).isLoopback
  }
}

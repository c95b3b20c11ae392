internal import CCurl

/// libcurl's handles, prepared once and used again: making one costs more than resetting it.
struct EasyHandles {
  /// How many are kept for later.
  private static let most = 256
  /// Small, because thousands wait at a time; an answer of megabytes takes some more calls.
  private static let bufferBytes = 16 * 1024

  private let options: HTTPClientOptions
  private var idle: [UnsafeMutableRawPointer] = []

  init(_ options: HTTPClientOptions) { self.options = options }

  mutating func take() throws(HTTPError) -> UnsafeMutableRawPointer {
    guard let handle = idle.popLast() ?? curl_easy_init() else { throw .other("no memory for another request") }
    conclave_curl_number(handle, CURLOPT_NOSIGNAL, 1)
    // who ends a request while its host is looked up does not wait for that: all others would wait with it
    conclave_curl_number(handle, CURLOPT_QUICK_EXIT, 1)
    conclave_curl_number(handle, CURLOPT_BUFFERSIZE, Self.bufferBytes)
    conclave_curl_number(handle, CURLOPT_UPLOAD_BUFFERSIZE, Self.bufferBytes)
    conclave_curl_number(handle, CURLOPT_FOLLOWLOCATION, 0)
    conclave_curl_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    conclave_curl_number(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    conclave_curl_number(handle, CURLOPT_TCP_KEEPALIVE, 1)
    conclave_curl_number(handle, CURLOPT_MAXAGE_CONN, Int(max(1, options.idleConnection.components.seconds)))
    if let file = options.certificateFile { conclave_curl_text(handle, CURLOPT_CAINFO, file) }
    if options.peers != nil {
      conclave_curl_text(handle, CURLOPT_PROXY, "")
      conclave_curl_text(handle, CURLOPT_NOPROXY, "*")
    }
    return handle
  }

  mutating func giveBack(_ handle: UnsafeMutableRawPointer) {
    guard idle.count < Self.most else { return curl_easy_cleanup(handle) }
    curl_easy_reset(handle)
    idle.append(handle)
  }

  mutating func free() {
    for handle in idle { curl_easy_cleanup(handle) }
    idle = []
  }
}

internal import CCurl

extension HTTPError {
  /// What libcurl's code means for whoever asked.
  init(_ code: CURLcode, _ why: String, isConnected: Bool) {
    switch code {
    case CURLE_URL_MALFORMAT: self = .invalidRequest(why)
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .unresolved(why)
    case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: self = .unreachable(why)
    case CURLE_OPERATION_TIMEDOUT: self = .timeout(isConnected ? .total : .connect)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_USE_SSL_FAILED:
      self = .insecure(why)
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM,
      CURLE_SSL_SHUTDOWN_FAILED:
      self = .cut(why)
    // among them an answer without a status line, which libcurl takes for HTTP/0.9
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: self = .malformed(why)
    default: self = .other(why)
    }
  }
}

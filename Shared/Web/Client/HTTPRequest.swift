/// What to ask of another server.
package struct HTTPRequest: Sendable {
  /// How long each part may take; nil means without such a bound.
  package struct Timeouts: Sendable, Equatable {
    /// Until the connection stands, name lookup and TLS included.
    package var connect: Duration?
    /// From the start of the request to the first byte of the answer.
    package var firstByte: Duration?
    /// Between two pieces of the answer.
    package var idle: Duration?
    /// For all of it.
    package var total: Duration?

    package init(
      connect: Duration? = .seconds(5), firstByte: Duration? = nil, idle: Duration? = nil, total: Duration? = nil
    ) {
      self.connect = connect
      self.firstByte = firstByte
      self.idle = idle
      self.total = total
    }
  }

  package var method: String
  package var url: String
  package var headers: [(String, String)]
  package var body: [UInt8]
  package var timeouts: Timeouts
  /// The most bytes of body that are taken, counted after decompression.
  package var maxBodyBytes: Int
  /// Certificates to trust instead of the client's: a file in PEM form.
  package var certificateFile: String?

  package init(
    method: String = "GET", url: String, headers: [(String, String)] = [], body: [UInt8] = [],
    timeouts: Timeouts = Timeouts(), maxBodyBytes: Int = 8_000_000, certificateFile: String? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeouts = timeouts
    self.maxBodyBytes = maxBodyBytes
    self.certificateFile = certificateFile
  }
}

/// What happens to a request, in order: one head, any number of pieces of body, one end (`done` or `failed`). A failure
/// may come at any point; after an end comes nothing.
package enum HTTPEvent: Sendable {
  /// Names of headers are in lower case.
  case head(status: Int, headers: [(String, String)])
  case body([UInt8])
  case done(HTTPTimings)
  case failed(HTTPError)
}

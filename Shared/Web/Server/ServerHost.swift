/// What a server asks of whoever it works for, beside the answers to whole requests. Both are called on its own threads
/// and must not block; their requests have no body.
package struct ServerHost: Sendable {
  /// Looks at a request whose headers have arrived and whose body is still to come: what it answers refuses it.
  package let greet: @Sendable (ServerRequest) -> ServerAnswer?
  /// Hears that the server answered a request by itself, with that status, so long after its headers; says which headers
  /// that answer has beside its own.
  package let refused: @Sendable (ServerRequest, Int, Duration) -> [(String, String)]

  package init(
    greet: @escaping @Sendable (ServerRequest) -> ServerAnswer? = { _ in nil },
    refused: @escaping @Sendable (ServerRequest, Int, Duration) -> [(String, String)] = { _, _, _ in [] }
  ) {
    self.greet = greet
    self.refused = refused
  }
}

/// A request; where it is handed out to be answered it has arrived whole.
package struct ServerRequest: Sendable {
  package let method: String
  /// Decoded, without the query.
  package let path: String
  package let query: [(String, String)]
  package let headers: [(String, String)]
  package internal(set) var body: [UInt8]
  /// The client's address, without its port.
  package let remote: String

  package init(
    method: String, path: String, query: [(String, String)] = [], headers: [(String, String)] = [], body: [UInt8] = [],
    remote: String = ""
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.remote = remote
  }

  /// Every header of that name, which is given in lower case.
  func headers(_ name: String) -> [String] {
    headers.filter { $0.0.utf8.count == name.utf8.count && $0.0.lowercased() == name }.map(\.1)
  }

  /// The first header of that name, in whatever case it came.
  package func header(_ name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.0.lowercased() == name }?.1
  }
}

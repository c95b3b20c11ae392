/// An answer that is whole.
package struct ServerAnswer: Sendable {
  package let status: Int
  package let headers: [(String, String)]
  package let body: [UInt8]

  package init(_ status: Int, _ headers: [(String, String)] = [], _ body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

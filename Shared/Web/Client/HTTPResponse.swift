/// A whole answer.
package struct HTTPResponse: Sendable {
  package let status: Int
  /// Names in lower case.
  package let headers: [(String, String)]
  package let body: [UInt8]
  package let timings: HTTPTimings

  package func header(_ name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.0 == name }?.1
  }
}

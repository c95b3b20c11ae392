/// A provider's key: it goes into one request header and nowhere else. Printing, dumping and interpolating it show that
/// there is one, never what it is.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  package init(_ value: String) { self.value = value }

  /// For the header that carries it, and for scrubbing it from what a provider says.
  package func reveal() -> String { value }

  package var description: String { "(secret)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}

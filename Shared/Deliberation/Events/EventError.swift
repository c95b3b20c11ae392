/// Why a record is not the event that its type says; the record goes to the dead letters with these words.
package struct EventError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

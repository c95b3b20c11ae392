/// What a stored record is among those of its deliberation. Numbers stand in files.
package enum Standing: Int64, Sendable {
  /// The first of its id: the fact.
  case fact = 0
  /// The id and the hash of an earlier one.
  case `repeat` = 1
  /// The id of an earlier one and another content: something was done twice.
  case changed = 2
  /// Its envelope or its value cannot be read; it is kept as it came, and is nobody's fact.
  case unreadable = 3

  /// What a record that can be read is beside the first of its id.
  package init(_ hash: [UInt8], first: [UInt8]?) {
    self = if let first { first == hash ? .repeat : .changed } else { .fact }
  }
}

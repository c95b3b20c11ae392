/// What stands in one field of a row. Money and times are whole numbers, so that sums do not depend on their order.
package enum Value: Sendable, Equatable {
  case null
  case int(Int64)
  case text(String)
  case bytes([UInt8])

  package init(_ number: Int64?) { self = number.map(Value.int) ?? .null }
  package init(_ number: Int?) { self = number.map { .int(Int64($0)) } ?? .null }
  package init(_ text: String?) { self = text.map(Value.text) ?? .null }
  package init(_ bytes: [UInt8]?) { self = bytes.map(Value.bytes) ?? .null }
  package init(_ flag: Bool) { self = .int(flag ? 1 : 0) }
}

/// A record's header. The value may be absent, which is not the same as empty.
package struct Header: Sendable, Equatable {
  package let name: String
  package let value: [UInt8]?

  package init(_ name: String, _ value: [UInt8]?) {
    self.name = name
    self.value = value
  }

  package init(_ name: String, _ value: String) {
    self.init(name, Array(value.utf8))
  }

  package init(name: String, value: [UInt8]?) {
    self.init(name, value)
  }
}

extension [Header] {
  /// The value of the first header of that name, as text; nil where there is none or it is not UTF-8.
  package func text(_ name: String) -> String? {
    guard let header = first(where: { $0.name == name }), let value = header.value else { return nil }
    return String(validating: value, as: UTF8.self)
  }
}

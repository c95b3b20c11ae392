internal import Web

/// The process's environment. A variable that is set to nothing counts as not set.
struct Environment {
  let variables: [String: String]

  subscript(name: String) -> String? {
    guard let value = variables[name], !value.isEmpty else { return nil }
    return value
  }

  func whole(_ name: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw .wrong(name, "\"\(text)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func address(_ name: String, usual: String) throws(SettingsError) -> SocketAddress {
    do throws(SocketAddressError) { return try SocketAddress(self[name] ?? usual) } catch {
      throw .wrong(name, error.description)
    }
  }

  /// A name that becomes part of topics, groups and ids.
  func name(_ variable: String, _ allowed: String, most: Int) throws(SettingsError) -> String? {
    guard let text = self[variable] else { return nil }
    let isFine = text.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || allowed.utf8.contains(byte)
    }
    guard isFine, text.utf8.count <= most else {
      throw .wrong(variable, "\"\(text)\" must be at most \(most) letters, digits or any of \(allowed)")
    }
    return text
  }
}

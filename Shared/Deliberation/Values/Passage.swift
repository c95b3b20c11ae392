/// A text as it stands between the quotation marks of a record: what was read goes into prompts and results just as it is,
/// and becomes characters only where somebody needs those. It is escaped as `JSONWriter` does it, so that one text has one
/// form.
package struct Passage: Sendable, Equatable {
  /// UTF-8.
  let escaped: [UInt8]

  package init(_ text: String) {
    var writer = JSONWriter()
    writer.put(text)
    escaped = writer.bytes
  }

  /// `utf8` is what it says.
  init(utf8: [UInt8]) {
    var writer = JSONWriter()
    utf8.withUnsafeBufferPointer { writer.put($0) }
    escaped = writer.bytes
  }

  /// `escaped` is what `JSONWriter` would write.
  init(escaped: [UInt8]) { self.escaped = escaped }

  package static let empty = Passage(escaped: [])

  /// Stands for a text that nobody has use for.
  static let something: Passage = "…"

  package var isEmpty: Bool { escaped.isEmpty }

  /// How many bytes it takes in a record.
  package var size: Int { escaped.count }

  /// What it says.
  package var text: String { String(decoding: utf8, as: UTF8.self) }

  /// What it says, as UTF-8.
  var utf8: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: escaped.count) { room, count in
      count = escaped.withUnsafeBufferPointer { JSONText.Node.decode($0, into: room) }
    }
  }

  /// Whether that text stands in it.
  func holds(_ text: Passage) -> Bool {
    escaped.withUnsafeBufferPointer { all in
      text.escaped.withUnsafeBufferPointer { sought in
        var start = 0
        while let place = ByteSearch.place(of: sought, in: all, from: start) {
          if !Self.isWithinEscape(place, all) { return true }
          start = place + 1
        }
        return false
      }
    }
  }

  /// Whether an escape begins before that place and does not end there.
  private static func isWithinEscape(_ place: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var start = place
    while start > max(0, place - 5) {
      start -= 1
      guard bytes[start] == UInt8(ascii: "\\") else { continue }
      var first = start
      while first > 0, bytes[first - 1] == UInt8(ascii: "\\") { first -= 1 }
      // backslashes in a row are escapes of backslashes, two by two
      guard (start - first) % 2 == 0 else { continue }
      let length = start + 1 < bytes.count && bytes[start + 1] == UInt8(ascii: "u") ? 6 : 2
      if start + length > place { return true }
    }
    return false
  }

  /// Whether there is more in it than white space.
  var hasWords: Bool {
    if let first = escaped.first, JSONText.Node.isWord(first) { return true }
    return !isEmpty && text.hasWords
  }
}

extension Passage: ExpressibleByStringInterpolation {
  package init(stringLiteral value: String) { self.init(value) }
}

extension Passage: CustomStringConvertible {
  package var description: String { text }
}

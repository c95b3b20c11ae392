/// Looking into texts by their bytes: by characters each look at a header would take longer than all else that is done
/// for it.
package enum ASCIIText {
  /// Whether two names are the same but for the case of their letters.
  package static func isSame(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8, right.utf8)
    return left.count == right.count && left.elementsEqual(right) { lower($0) == lower($1) }
  }

  /// Whether `sought`, which is written in lower case, stands in a text in whatever case.
  package static func holds(_ text: String, _ sought: StaticString) -> Bool {
    sought.withUTF8Buffer { sought in
      var text = text
      return text.withUTF8 { text in
        guard let first = sought.first, sought.count <= text.count else { return sought.isEmpty }
        for start in 0...(text.count - sought.count) where lower(text[start]) == first {
          if (1..<sought.count).allSatisfy({ lower(text[start + $0]) == sought[$0] }) { return true }
        }
        return false
      }
    }
  }

  package static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}

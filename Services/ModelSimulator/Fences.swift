/// Reads what prompts put between fences: `<<<KIND LABEL TAG`, the content, `KIND LABEL TAG>>>`, where the tag of sixteen
/// hex digits tells a fence from content that looks like one.
enum Fences {
  struct Fence: Equatable, Sendable {
    enum Kind: String, Sendable {
      case question = "QUESTION"
      case response = "RESPONSE"
      case first = "FIRST"
      case analysis = "ANALYSIS"
      case yours = "YOURS"
    }

    let kind: Kind
    let label: String
    let content: String
  }

  static func all(in text: String) -> [Fence] {
    guard text.utf8.contains(UInt8(ascii: "<")) else { return [] }
    var fences: [Fence] = []
    var open: (kind: Fence.Kind, label: String, closing: String, start: String.Index)?
    var place = text.startIndex
    while place < text.endIndex {
      let end = text.utf8[place...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      let line = text[place..<end]
      let next = end < text.endIndex ? text.utf8.index(after: end) : end
      if let fence = open {
        if line.utf8.elementsEqual(fence.closing.utf8) {
          // The line break before the closing line belongs to the fence.
          let last = place > fence.start ? text.utf8.index(before: place) : place
          fences.append(Fence(kind: fence.kind, label: fence.label, content: String(text[fence.start..<last])))
          open = nil
        }
      } else if let (kind, label, words) = opening(line) {
        open = (kind, label, words + ">>>", next)
      }
      place = next
    }
    return fences
  }

  /// The text before the first fence.
  static func before(_ text: String) -> String {
    var place = text.startIndex
    while place < text.endIndex {
      let end = text.utf8[place...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
      if opening(text[place..<end]) != nil { return String(text[..<place]) }
      place = end < text.endIndex ? text.utf8.index(after: end) : end
    }
    return text
  }

  private static func opening(_ line: Substring) -> (Fence.Kind, String, String)? {
    guard line.utf8.starts(with: "<<<".utf8) else { return nil }
    let words = line.dropFirst(3)
    let parts = words.split(separator: " ")
    guard parts.count >= 2, let kind = parts.first.flatMap({ Fence.Kind(rawValue: String($0)) }),
      let tag = parts.last, tag.utf8.count == 16, tag.allSatisfy(\.isHexDigit)
    else { return nil }
    return (kind, parts[1..<(parts.count - 1)].joined(separator: " "), String(words))
  }
}

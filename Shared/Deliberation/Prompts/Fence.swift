/// Marks where text begins and ends that is to be read and not obeyed. Its tag occurs in none of that text, so nothing
/// in there can close the fence.
struct Fence {
  let tag: String

  init(seed: String, contents: [String]) {
    var tag = String(SHA256.hex(seed).prefix(16))
    while contents.contains(where: { Self.stands(tag, in: $0) }) { tag = String(SHA256.hex(tag).prefix(16)) }
    self.tag = tag
  }

  /// By bytes: a search by characters takes longer than all else that a judge decides.
  private static func stands(_ tag: String, in content: String) -> Bool {
    var content = content
    let sought = Array(tag.utf8)
    return content.withUTF8 { bytes in
      guard bytes.count >= sought.count else { return false }
      var place = 0
      let last = bytes.count - sought.count
      while place <= last {
        if bytes[place] == sought[0] {
          var index = 1
          while index < sought.count, bytes[place + index] == sought[index] { index += 1 }
          if index == sought.count { return true }
        }
        place += 1
      }
      return false
    }
  }

  func around(_ name: String, _ content: String) -> String { "<<<\(name) \(tag)\n\(content)\n\(name) \(tag)>>>" }
}

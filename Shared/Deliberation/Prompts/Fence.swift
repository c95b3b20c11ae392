/// Marks where text begins and ends that is to be read and not obeyed. Its tag occurs in none of that text, so nothing
/// in there can close the fence.
struct Fence {
  let tag: String

  init(seed: String, contents: [String]) {
    var tag = String(SHA256.hex(seed).prefix(16))
    while contents.contains(where: { ByteSearch.stands(tag, in: $0) }) { tag = String(SHA256.hex(tag).prefix(16)) }
    self.tag = tag
  }

  func around(_ name: String, _ content: String) -> String { "<<<\(name) \(tag)\n\(content)\n\(name) \(tag)>>>" }
}

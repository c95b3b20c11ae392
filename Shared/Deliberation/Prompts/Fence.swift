/// Marks where text begins and ends that is to be read and not obeyed. Its tag occurs in none of that text, so nothing
/// in there can close the fence.
struct Fence {
  let tag: String

  /// The tag's digits stand in a record as they are, so what is looked through need not be made characters.
  init(seed: String, contents: [Passage]) {
    var tag = String(SHA256.hex(seed).prefix(16))
    while contents.contains(where: { ByteSearch.stands(Array(tag.utf8), in: $0.escaped) }) {
      tag = String(SHA256.hex(tag).prefix(16))
    }
    self.tag = tag
  }
}

internal import Deliberation

/// Most chunks of a stream differ from the one before in the text they bring and in nothing else. What stands around the
/// text is remembered, and of a chunk that has the same around it only the text is read.
struct PlainChunks: Sendable {
  private var before: [UInt8] = []
  private var after: [UInt8] = []
  private static let name = Array("\"content\":\"".utf8)

  /// The text of a chunk that is like the last one that was learned; nil: it is to be read whole.
  func text(of chunk: [UInt8]) -> String? {
    guard !before.isEmpty, chunk.count >= before.count + after.count else { return nil }
    return chunk.withUnsafeBufferPointer { chunk in
      let tail = chunk.count - after.count
      guard Self.stands(before, in: chunk, at: 0), Self.stands(after, in: chunk, at: tail) else { return nil }
      let text = UnsafeBufferPointer(rebasing: chunk[before.count..<tail])
      // whatever is more than itself is read by whoever knows all of JSON
      guard text.allSatisfy({ $0 >= 0x20 && $0 < 0x80 && $0 != 0x22 && $0 != 0x5C }) else { return nil }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// From behind, eight bytes at a time: what differs from chunk to chunk stands near the text.
  private static func stands(_ part: [UInt8], in chunk: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    part.withUnsafeBytes { part in
      let chunk = UnsafeRawBufferPointer(chunk)
      var place = part.count
      while place >= 8 {
        place -= 8
        guard
          part.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            == chunk.loadUnaligned(fromByteOffset: start + place, as: UInt64.self)
        else { return false }
      }
      while place > 0 {
        place -= 1
        guard part[place] == chunk[start + place] else { return false }
      }
      return true
    }
  }

  /// Learns from a chunk that was read whole: where it brings text alone, and there is one place where that can stand.
  mutating func learn(_ chunk: [UInt8], _ json: JSON) {
    guard Self.isPlain(json), let start = Self.onlyPlace(in: chunk),
      let end = chunk[start...].firstIndex(where: { $0 == 0x22 || $0 == 0x5C }), chunk[end] == 0x22
    else { return }
    before = Array(chunk[..<start])
    after = Array(chunk[end...])
  }

  private static func isPlain(_ json: JSON) -> Bool {
    guard let choices = json["choices"]?.array, choices.count == 1, let delta = choices[0]["delta"]?.object,
      choices[0]["error"] == nil, json["error"] == nil, json["usage"]?.object == nil,
      choices[0]["finish_reason"]?.isNull ?? true, delta["content"]?.string != nil
    else { return false }
    return delta.members.allSatisfy { $0.key == "content" || $0.key == "role" || $0.value.isNull }
  }

  /// Behind the only member of that name that is a text.
  private static func onlyPlace(in chunk: [UInt8]) -> Int? {
    var found: Int?
    var place = 0
    while let next = chunk[place...].firstIndex(of: 0x63) {
      place = next + 1
      guard next > 0, next - 1 + name.count <= chunk.count,
        chunk[(next - 1)..<(next - 1 + name.count)].elementsEqual(name)
      else { continue }
      guard found == nil else { return nil }
      found = next - 1 + name.count
    }
    return found
  }
}

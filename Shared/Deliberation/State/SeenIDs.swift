/// The ids that were read, in one piece of memory: nearly all deliberations have few, and a service holds many deliberations.
/// Beyond some dozens they are looked up, so that no deliberation takes longer the longer it gets.
struct SeenIDs: Sendable {
  private var bytes: [UInt8] = []
  /// Where each ends.
  private var ends: [UInt32] = []
  private var others: Set<[UInt8]> = []

  private static let dozens = 64

  /// Whether it is new.
  mutating func insert(_ id: UnsafeBufferPointer<UInt8>) -> Bool {
    guard !contains(id) else { return false }
    if ends.count < Self.dozens {
      bytes.append(contentsOf: id)
      ends.append(UInt32(bytes.count))
    } else {
      others.insert(Array(id))
    }
    return true
  }

  func contains(_ id: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      for end in ends {
        let end = Int(end)
        if ByteSearch.isSame(UnsafeBufferPointer(rebasing: bytes[start..<end]), id) { return true }
        start = end
      }
      return false
    } || !others.isEmpty && others.contains(Array(id))
  }
}

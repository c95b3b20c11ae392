/// Whether one run of elements stands in another. By bytes and not by characters: a search by characters takes longer
/// than all else that is decided.
enum ByteSearch {
  static func stands(_ sought: String, in text: String) -> Bool {
    var sought = sought
    var text = text
    return sought.withUTF8 { sought in text.withUTF8 { stands(sought, in: $0) } }
  }

  static func stands(_ sought: [UInt8], in all: [UInt8]) -> Bool {
    sought.withUnsafeBufferPointer { sought in all.withUnsafeBufferPointer { stands(sought, in: $0) } }
  }

  static func stands(_ sought: [UInt64], in all: [UInt64]) -> Bool {
    guard let first = sought.first else { return true }
    guard sought.count <= all.count else { return false }
    for start in 0...(all.count - sought.count) where all[start] == first {
      if all[start..<start + sought.count].elementsEqual(sought) { return true }
    }
    return false
  }

  static func stands(_ sought: UnsafeBufferPointer<UInt8>, in all: UnsafeBufferPointer<UInt8>) -> Bool {
    guard sought.count <= all.count else { return false }
    guard let base = UnsafeRawPointer(all.baseAddress), let wanted = UnsafeRawPointer(sought.baseAddress),
      !sought.isEmpty
    else { return true }
    let last = all.count - sought.count
    guard sought.count >= 8 else {
      for start in 0...last where all[start] == sought[0] {
        if (1..<sought.count).allSatisfy({ all[start + $0] == sought[$0] }) { return true }
      }
      return false
    }
    // eight bytes are compared as one number, the rest where they agree
    let head = wanted.loadUnaligned(as: UInt64.self)
    for start in 0...last where base.loadUnaligned(fromByteOffset: start, as: UInt64.self) == head {
      if (8..<sought.count).allSatisfy({ all[start + $0] == sought[$0] }) { return true }
    }
    return false
  }
}

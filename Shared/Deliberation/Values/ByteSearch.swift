/// Whether one run of elements stands in another. By bytes and not by characters: a search by characters takes longer
/// than all else that is decided.
enum ByteSearch {
  static func isSame(_ text: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var text = text
    return text.withUTF8 { isSame($0, bytes) }
  }

  static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBufferPointer { left in right.withUnsafeBufferPointer { isSame(left, $0) } }
  }

  /// From behind, because names that differ nearly always end differently; whole words first.
  static func isSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    guard let first = UnsafeRawPointer(left.baseAddress), let second = UnsafeRawPointer(right.baseAddress) else {
      return left.isEmpty
    }
    var place = left.count
    while place >= 8 {
      place -= 8
      guard
        first.loadUnaligned(fromByteOffset: place, as: UInt64.self)
          == second.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      else { return false }
    }
    while place > 0, left[place - 1] == right[place - 1] { place -= 1 }
    return place == 0
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
    place(of: sought, in: all) != nil
  }

  /// Where it stands first from there on.
  static func place(of sought: UnsafeBufferPointer<UInt8>, in all: UnsafeBufferPointer<UInt8>, from first: Int = 0)
    -> Int?
  {
    guard sought.count <= all.count - first else { return nil }
    guard let base = UnsafeRawPointer(all.baseAddress), let wanted = UnsafeRawPointer(sought.baseAddress),
      !sought.isEmpty
    else { return first }
    let last = all.count - sought.count
    guard sought.count >= 8 else {
      for start in first...last where all[start] == sought[0] {
        if (1..<sought.count).allSatisfy({ all[start + $0] == sought[$0] }) { return start }
      }
      return nil
    }
    // Horspool's way: the byte under the end says how far the next place can be
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { steps in
      let end = sought.count - 1
      steps.initialize(repeating: UInt8(clamping: sought.count))
      for index in 0..<end { steps[Int(sought[index])] = UInt8(clamping: end - index) }
      let head = wanted.loadUnaligned(as: UInt64.self)
      var start = first
      while start <= last {
        let byte = all[start + end]
        if byte == sought[end], base.loadUnaligned(fromByteOffset: start, as: UInt64.self) == head,
          (8..<sought.count).allSatisfy({ all[start + $0] == sought[$0] })
        {
          return start
        }
        start += Int(steps[Int(byte)])
      }
      return nil
    }
  }
}

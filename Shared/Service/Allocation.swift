internal import CMalloc

/// What this process has from the C library's allocator.
package enum Allocation {
  /// Bytes that are in use.
  package static var heldBytes: Int {
    let info = mallinfo2()
    return Int(info.uordblks + info.hblkhd)
  }

  /// Bytes that were given back to the allocator, which keeps them for later, whether or not the kernel has them.
  package static var freeBytes: Int { Int(mallinfo2().fordblks) }

  /// Lets the kernel have every page in which nothing is in use: glibc by itself gives back only what lies at the end of
  /// its memory, and after a crowd of connections something small always lies there.
  package static func giveBack() { _ = malloc_trim(0) }
}

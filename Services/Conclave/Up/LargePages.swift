/// Large pages for the embedded broker. It finds a batch by walking its partition's batches from the first, each on another
/// small page: four fifths of its time while a service folds again. With large ones, which glibc's allocator asks for where
/// all is one heap, such a walk waits less for memory. Where the kernel has none to give nothing changes.
enum LargePages {
  static let manner = "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1"

  /// What the broker inherits. Whoever chose an allocator, or how glibc's behaves, has chosen already.
  static func chosen(_ environment: [String: String]) -> [String: String] {
    guard environment["LD_PRELOAD"] == nil else { return environment }
    return environment.merging(["GLIBC_TUNABLES": environment["GLIBC_TUNABLES"] ?? manner]) { $1 }
  }
}

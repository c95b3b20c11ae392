internal import Glibc

/// jemalloc for the services that `up` starts, where it is installed: deliberations are made of many small pieces that
/// come and go, and a fifth of all time goes into glibc's allocator otherwise.
enum FasterAllocator {
  private static let files = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/libjemalloc.so.2" }

  /// Few arenas, as services have few threads that allocate; what is free goes back to the kernel after two seconds, also
  /// in a process that has nothing to do.
  static let manner = "background_thread:true,narenas:2,dirty_decay_ms:2000,muzzy_decay_ms:0"

  /// What a child inherits. Whoever sets `LD_PRELOAD`, be it to nothing, has chosen already.
  static func chosen(
    _ environment: [String: String], isThere: (String) -> Bool = { access($0, R_OK) == 0 }
  ) -> [String: String] {
    guard environment["LD_PRELOAD"] == nil, let file = files.first(where: isThere) else { return environment }
    return environment.merging(["LD_PRELOAD": file, "MALLOC_CONF": environment["MALLOC_CONF"] ?? manner]) { $1 }
  }
}

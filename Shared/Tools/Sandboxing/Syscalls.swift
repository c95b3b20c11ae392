/// A filter for the kernel (seccomp, classic BPF) against what the other limits do not see: memory that belongs to no
/// process, and doors into the kernel that nobody in a sandbox needs.
enum Syscalls {
  /// memfd_create, memfd_secret, shmget, add_key, request_key, keyctl, userfaultfd, bpf, perf_event_open, io_uring_setup,
  /// msgget, semget; io_setup, whose number is bounded for the whole machine; syslog, which tells of others
  #if arch(x86_64)
    private static let architecture: UInt32 = 0xC000_003E
    private static let refused: [UInt32] = [319, 447, 29, 248, 249, 250, 323, 321, 298, 425, 68, 64, 206, 103]
    private static let socket: UInt32 = 41
  #elseif arch(arm64)
    private static let architecture: UInt32 = 0xC000_00B7
    private static let refused: [UInt32] = [279, 447, 194, 217, 218, 219, 282, 280, 241, 425, 186, 190, 0, 116]
    private static let socket: UInt32 = 198
  #endif

  /// The program as bubblewrap takes it; empty where this kind of processor is not known.
  static var filter: [UInt8] {
    #if arch(x86_64) || arch(arm64)
      // what follows the list: allow, then what a socket is for, refuse, allow
      let count = UInt8(refused.count)
      var program: [(UInt16, UInt8, UInt8, UInt32)] = [
        (0x20, 0, 0, 4),  // load the architecture
        (0x15, 1, 0, architecture),  // go on where it is ours
        (0x06, 0, 0, 0x8000_0000),  // end the process where it is not: it would have other numbers
        (0x20, 0, 0, 0),  // load the call's number
        (0x35, count + 4, 0, 0x4000_0000),  // those of x32 are refused as well
        (0x15, count + 1, 0, socket),
      ]
      for (index, number) in refused.enumerated() { program.append((0x15, count - UInt8(index) + 2, 0, number)) }
      program.append((0x06, 0, 0, 0x7FFF_0000))  // allow
      program.append((0x20, 0, 0, 16))  // load the family of addresses: some reach beyond a namespace (vsock)
      program.append((0x15, 1, 0, 1))  // go on to allow those between processes
      program.append((0x06, 0, 0, 0x0005_0001))  // refuse: EPERM
      program.append((0x06, 0, 0, 0x7FFF_0000))  // allow
      return program.flatMap { code, yes, no, value in
        withUnsafeBytes(of: code) { Array($0) } + [yes, no] + withUnsafeBytes(of: value) { Array($0) }
      }
    #else
      return []
    #endif
  }
}

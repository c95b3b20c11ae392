/// How a command in the sandbox ended.
struct SandboxEnd: Sendable, Equatable {
  enum Cause: Sendable, Equatable {
    case exited(Int)
    case signalled(Int)
    /// The whole sandbox was ended from here.
    case overTime, overOutput, overMemory, overProcesses, overFiles, stopped
    case unstarted(String)
  }

  var cause: Cause
  /// Standard output and error as they came, as far as they are kept.
  var output: [UInt8] = []
  /// The most that was seen of both.
  var processes = 0
  var memoryBytes = 0
}

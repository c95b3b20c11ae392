internal import CProcess
internal import Glibc

/// A program that runs as our child: the owner of its process descriptor and of our ends of its pipes.
///
/// The kernel kills the child when the thread that started it ends, so only a thread that lives as long as the process
/// makes one of these.
final class ChildProcess {
  let pid: Int32
  /// Readable when the child has ended.
  let descriptor: Int32
  /// What it writes to its standard output and error, in one stream. Whoever reads it closes it.
  let output: Int32
  /// What it writes to its descriptor 3; -1 after `closeAnnouncements`.
  private(set) var announcements: Int32

  /// How a child ended.
  enum End: Equatable, Sendable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    var description: String {
      switch self {
      case .status(let status): "exit status \(status)"
      case .signal(let number): "signal \(number)"
      }
    }
  }

  init(
    _ program: String, _ arguments: [String], environment: [String: String]
  ) throws(ChildProcessError) {
    let output = try Self.pipe()
    defer { close(output.write) }
    let announcements: (read: Int32, write: Int32)
    do { announcements = try Self.pipe() } catch {
      close(output.read)
      throw error
    }
    defer { close(announcements.write) }
    var descriptor: Int32 = -1
    let pid = Self.withCStrings([program] + arguments) { arguments in
      Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
        conclave_spawn(program, arguments, environment, output.write, announcements.write, &descriptor)
      }
    }
    guard pid > 0 else {
      close(output.read)
      close(announcements.read)
      throw ChildProcessError(program: program, code: -pid)
    }
    self.pid = pid
    self.descriptor = descriptor
    self.output = output.read
    self.announcements = announcements.read
  }

  deinit {
    close(descriptor)
    closeAnnouncements()
  }

  /// How it ended; nil while it lives. An end is told once.
  func reap() -> End? {
    var code: Int32 = 0
    guard conclave_reap(descriptor, &code) == 1 else { return nil }
    return code < 0 ? .signal(-code) : .status(code)
  }

  /// A signal to exactly this process: its number cannot have gone to another one.
  func signal(_ number: Int32) {
    // The one failure left is a child that has ended by itself, which is what the signal was for.
    _ = conclave_signal(descriptor, number)
  }

  func closeAnnouncements() {
    guard announcements >= 0 else { return }
    close(announcements)
    announcements = -1
  }

  private static func pipe() throws(ChildProcessError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    let status = conclave_pipe(&ends)
    guard status == 0 else { throw ChildProcessError(program: "a pipe", code: -status) }
    return (ends[0], ends[1])
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("a list that ends in nil is never empty") }
      return body(base)
    }
  }
}

/// Why a program could not be started.
struct ChildProcessError: Error, CustomStringConvertible {
  let program: String
  let code: Int32

  var description: String {
    let why = String(cString: strerror(code))
    return code == ENOENT
      ? "\(program) is not there; build it with: swift build -c release" : "\(program) could not be started: \(why)"
  }
}

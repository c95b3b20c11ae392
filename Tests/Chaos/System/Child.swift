internal import CProcess
internal import Glibc

/// A program that this harness started, and ends.
///
/// The kernel kills it when the thread that started it ends: only the main thread starts one, so nothing outlives us.
final class Child {
  let name: String
  let pid: Int32
  /// Where its output goes.
  let log: String
  private let descriptor: Int32
  private let announcements: Int32
  private var said: [UInt8] = []
  private(set) var status: Int32?

  init(
    _ name: String, _ program: String, _ arguments: [String], environment: [String: String], log: String,
    announces: Bool = false
  ) throws(Failure) {
    self.name = name
    self.log = log
    let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard output >= 0 else { throw Failure("\(log) cannot be written") }
    defer { close(output) }
    var ends: [Int32] = [-1, -1]
    if announces, conclave_pipe(&ends) != 0 { throw Failure("no pipe is left for \(name)") }
    var descriptor: Int32 = -1
    let pid = Self.withCStrings([program] + arguments) { arguments in
      Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
        conclave_spawn(program, arguments, environment, output, ends[1], &descriptor)
      }
    }
    if ends[1] >= 0 { close(ends[1]) }
    announcements = ends[0]
    self.descriptor = descriptor
    self.pid = pid
    guard pid > 0 else { throw Failure("\(program) could not be started: \(String(cString: strerror(-pid)))") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if announcements >= 0 { close(announcements) }
  }

  /// Whether it still runs; its exit status is kept.
  var isAlive: Bool {
    guard status == nil else { return false }
    var code: Int32 = 0
    guard conclave_reap(descriptor, &code) == 1 else { return true }
    status = code
    return false
  }

  func signal(_ number: Int32) { _ = conclave_signal(descriptor, number) }

  /// True when it ended by itself within that time.
  func waits(_ limit: Duration) -> Bool { eventually(within: limit, every: .milliseconds(5)) { !isAlive } }

  /// Asks it to end, and after that time does not ask any more. True when asking was enough.
  @discardableResult
  func end(within limit: Duration = .seconds(20)) -> Bool {
    guard isAlive else { return true }
    signal(SIGCONT)
    signal(SIGTERM)
    if waits(limit) { return true }
    signal(SIGKILL)
    _ = waits(.seconds(5))
    return false
  }

  /// The first line that it announced on its descriptor 3.
  func announcement() -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(announcements, &chunk, chunk.count)
      guard count > 0 else { break }
      said += chunk.prefix(count)
    }
    return said.firstIndex(of: UInt8(ascii: "\n")).map { Array(said[..<$0]) }
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

import Bus
import Testing
import Threads

#if canImport(Glibc)
  import Glibc
#endif

/// A Kafka node of a test's own, which it may kill and freeze. Offered where `CONCLAVE_KAFKA` is set and the scripts that
/// start a node stand beside the project.
final class RealKafka: Sendable {
  static let scripts: String? = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let folder = "/\(root)/../shared/kafka"
    return access(folder + "/start", X_OK) == 0 ? folder : nil
  }()

  static var isOffered: Bool { Environment.kafka != nil && scripts != nil }

  let folder: String
  let port: Int
  var bootstrap: String { "127.0.0.1:\(port)" }

  init() throws {
    port = 29_100 + Int(getpid() % 45) * 2
    folder = "\(Environment.value("TMPDIR") ?? P_tmpdir)/conclave-bus-kafka.\(getpid())"
    try run("start", folder, "\(port)")
  }

  func start() throws { try run("start", folder, "\(port)") }
  func kill() throws { try signal(SIGKILL) }
  func freeze() throws { try signal(SIGSTOP) }
  func thaw() throws { try signal(SIGCONT) }

  /// Ends the node and removes its data.
  func end() throws {
    try? thaw()
    try run("stop", folder)
    _ = try Self.command(["/bin/rm", "-rf", folder])
  }

  private func signal(_ number: Int32) throws {
    guard let file = fopen(folder + "/pid", "r") else { throw Failure(what: "no \(folder)/pid") }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 32)
    guard fgets(&text, 32, file) != nil, let pid = pid_t(Self.digits(text)), pid > 1 else {
      throw Failure(what: "no number in \(folder)/pid")
    }
    guard Glibc.kill(pid, number) == 0 else { throw Failure(what: "kill \(pid): \(errno)") }
  }

  private static func digits(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 >= 48 && $0 <= 57 }.map { UInt8($0) }, as: UTF8.self)
  }

  private func run(_ script: String, _ arguments: String...) throws {
    guard let scripts = Self.scripts else { throw Failure(what: "no scripts") }
    let status = try Self.command([scripts + "/" + script] + arguments)
    guard status == 0 else { throw Failure(what: "\(script) ended with \(status)") }
  }

  private static func command(_ words: [String]) throws -> Int32 {
    var pid = pid_t()
    let arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    guard posix_spawn(&pid, words[0], nil, nil, arguments, environ) == 0 else {
      throw Failure(what: "spawn \(words[0])")
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status >> 8 & 0xff
  }

  struct Failure: Error { let what: String }
}

internal import FoundationEssentials
internal import Glibc

/// A real Kafka node of our own, by the four scripts `start`, `stop`, `running` and `wait` in its home.
final class KafkaNode {
  let bootstrap: String
  private let home: String
  private let folder: String
  private let port: Int
  private let log: String

  init(home: String, folder: String, log: String, seed: UInt64) throws(Failure) {
    for script in ["start", "stop", "running", "wait"] where !Files.isProgram("\(home)/\(script)") {
      throw Failure("\(home) has no \(script); --kafka-home names the folder with the scripts that start a Kafka node")
    }
    self.home = home
    self.folder = folder
    self.log = log
    port = try Self.freePort(seed)
    bootstrap = "127.0.0.1:\(port)"
  }

  /// Starts the node, or starts it again after it was killed; returns when it is in service.
  func start() throws(Failure) {
    let script = try Child(
      "kafka", "\(home)/start", [folder, String(port)], environment: ProcessInfo.processInfo.environment, log: log)
    guard script.waits(.seconds(90)), script.status == 0 else {
      throw Failure("Kafka did not start:\n\(Files.tail(log))")
    }
  }

  func stop() {
    let script = try? Child(
      "kafka", "\(home)/stop", [folder], environment: ProcessInfo.processInfo.environment, log: log)
    _ = script?.waits(.seconds(40))
  }

  func signal(_ number: Int32) throws(Failure) {
    guard let pid = Files.text("\(folder)/pid").flatMap({ Int32($0.trimmed) }) else {
      throw Failure("Kafka does not run")
    }
    try Process.send(number, to: pid, program: "java")
  }

  /// Two ports in a row: the second is the controller's.
  private static func freePort(_ seed: UInt64) throws(Failure) -> Int {
    var random = SplitMix(seed: seed ^ UInt64(bitPattern: Time.now) ^ UInt64(getpid()))
    for _ in 0..<200 {
      let port = Int.random(in: 20_000...29_998, using: &random)
      if isFree(port), isFree(port + 1) { return port }
    }
    throw Failure("no free port was found between 20000 and 29998")
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

extension String {
  var trimmed: String {
    let characters = drop { $0.isWhitespace }
    return String(characters.prefix { !$0.isWhitespace })
  }
}

import Foundation

/// One end of a TLS connection as bytes: `openssl s_server` does the encryption, one connection after the other, with a
/// certificate that nobody else trusts.
final class TLSPipe: Sendable {
  struct NotReady: Error { let why: String }

  static let program = "/usr/bin/openssl"
  static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

  let port: Int
  private let folder: URL
  private let process: Process
  private let input = Pipe()
  private let output = Pipe()

  var certificate: String { folder.appendingPathComponent("certificate.pem").path }

  /// `protocols` are those that it takes by ALPN, the best first.
  init(protocols: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let key = folder.appendingPathComponent("key.pem").path
    let made = Process()
    made.executableURL = URL(fileURLWithPath: Self.program)
    made.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout",
      key, "-out", folder.appendingPathComponent("certificate.pem").path, "-subj", "/CN=provider.test", "-addext",
      "subjectAltName=IP:127.0.0.1",
    ]
    made.standardError = FileHandle.nullDevice
    try made.run()
    made.waitUntilExit()
    guard made.terminationStatus == 0 else { throw NotReady(why: "no certificate was made") }
    // a port that was free a moment ago
    guard let place = RawServer(nil) else { throw NotReady(why: "no port is free") }
    place.stop()
    port = place.port
    process = Process()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments = [
      "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert",
      folder.appendingPathComponent("certificate.pem").path, "-alpn", protocols,
    ]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// What the client sends; nothing more comes when it is over.
  func receive() -> [UInt8]? {
    let data = output.fileHandleForReading.availableData
    return data.isEmpty ? nil : Array(data)
  }

  func send(_ bytes: [UInt8]) { try? input.fileHandleForWriting.write(contentsOf: Data(bytes)) }

  func stop() {
    // what a thread of the pool starts has every other signal blocked
    _ = kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }
}

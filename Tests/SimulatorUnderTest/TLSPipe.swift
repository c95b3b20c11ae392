internal import Foundation

/// One end of a TLS connection as bytes: `openssl s_server` does the encryption, one connection after the other, with a
/// certificate that nobody else trusts.
package final class TLSPipe: Sendable {
  package struct NotReady: Error { package let why: String }

  package static let program = "/usr/bin/openssl"
  package static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

  package let port: Int
  private let folder: URL
  private let process: Foundation.Process
  private let input = Pipe()
  private let output = Pipe()

  package var certificate: String { folder.appendingPathComponent("certificate.pem").path }

  /// `protocols` are those that it takes by ALPN, the best first.
  package init(protocols: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let key = folder.appendingPathComponent("key.pem").path
    let made = Foundation.Process()
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
    port = try FreePort.find()
    process = Foundation.Process()
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
  package func receive() -> [UInt8]? {
    let data = output.fileHandleForReading.availableData
    return data.isEmpty ? nil : Array(data)
  }

  package func send(_ bytes: [UInt8]) { try? input.fileHandleForWriting.write(contentsOf: Data(bytes)) }

  package func stop() {
    // what a thread of the pool starts has every other signal blocked
    _ = kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }
}

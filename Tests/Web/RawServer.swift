import Glibc
import Threads

/// A server that answers each connection with exactly the bytes it is told, so that a test can be a bad one.
final class RawServer: Sendable {
  let port: Int
  private let listener: Int32
  private let thread: NamedThread.Handle

  /// `script` gets the connection after the first bytes have arrived; the connection is closed when it returns.
  init?(backlog: Int32 = 16, _ script: (@Sendable (RawServer.Connection) -> Void)?) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, backlog) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { return nil }
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    thread = NamedThread.start("raw-server") {
      guard let script else { return }
      while true {
        let socket = accept(listener, nil, nil)
        guard socket >= 0 else { return }
        let connection = Connection(socket)
        if connection.receive() { script(connection) }
        close(socket)
      }
    }
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    thread.join()
    close(listener)
  }

  final class Connection: Sendable {
    private let socket: Int32
    private let received = Lock<[UInt8]>([])

    init(_ socket: Int32) { self.socket = socket }

    var text: String { String(decoding: received.withLock { $0 }, as: UTF8.self) }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
      bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
    }

    /// False when the other side has closed.
    func receive() -> Bool {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(socket, &buffer, buffer.count, 0)
      guard count > 0 else { return false }
      received.withLock { $0.append(contentsOf: buffer[..<count]) }
      return true
    }

    func untilClosed() { while receive() {} }
  }
}

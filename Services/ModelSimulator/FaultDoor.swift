internal import Glibc
internal import Threads

/// A second door without HTTP behind it: reads a request and answers with the `RawFault` that the path names. A thread a
/// connection, because this is for a test's few requests and never for load.
final class FaultDoor: Sendable {
  struct CannotListen: Error, CustomStringConvertible { let description: String }

  let port: Int
  private static let mostConnections = 64
  private static let longestRequest = 1_000_000
  private static let patienceSeconds = 10

  /// Listens on the loopback address; runs until the process ends.
  init(port: Int) throws(CannotListen) {
    let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw CannotListen(description: "no socket for the faults: errno \(errno)") }
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    var yes: CInt = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, address, &size) == 0
      }
    }
    guard bound else {
      let why = errno
      Glibc.close(listener)
      throw CannotListen(
        description: "cannot listen for faults at 127.0.0.1:\(port): errno \(why); choose another port")
    }
    self.port = Int(UInt16(bigEndian: address.sin_port))
    let open = Lock(0)
    _ = NamedThread.start("faults") { FaultDoor.accept(listener, open) }
  }

  private static func accept(_ listener: CInt, _ open: Lock<Int>) {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        // Out of descriptors, most likely: those that are open will close.
        usleep(50_000)
        continue
      }
      let taken = open.withLock { open -> Bool in
        guard open < mostConnections else { return false }
        open += 1
        return true
      }
      guard taken else {
        Glibc.close(connection)
        continue
      }
      _ = NamedThread.start("fault") {
        serve(connection)
        open.withLock { $0 -= 1 }
      }
    }
  }

  private static func serve(_ connection: CInt) {
    var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    defer { Glibc.close(connection) }
    guard let line = request(connection) else { return }
    guard let fault = RawFault(requestLine: line) else {
      let names = RawFault.allCases.map(\.rawValue).joined(separator: ", ")
      _ = send(Array("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\nfaults are \(names)\n".utf8), connection)
      return
    }
    let play = fault.play
    if play.resets {
      // Closing with this set sends a reset.
      var now = linger(l_onoff: 1, l_linger: 0)
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
      return
    }
    guard send(play.opening, connection) else { return }
    for _ in 0..<play.times {
      if play.pauseMilliseconds > 0 { usleep(UInt32(play.pauseMilliseconds) * 1000) }
      guard send(play.repeated, connection) else { return }
    }
    shutdown(connection, CInt(SHUT_WR))
  }

  /// Reads a whole request and returns its first line; nil where none comes.
  private static func request(_ connection: CInt) -> String? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < longestRequest {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      let text = String(decoding: bytes, as: UTF8.self)
      let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
      guard let end = lines.firstIndex(of: "") else { continue }
      let length = lines[..<end].compactMap { line -> Int? in
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
        return Int(parts[1].drop { $0 == " " })
      }.first
      let head = lines[..<end].reduce(2) { $0 + $1.utf8.count + 2 }
      if bytes.count >= head + (length ?? 0) { return String(lines[0]) }
    }
    return nil
  }

  private static func send(_ bytes: [UInt8], _ connection: CInt) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(connection, buffer.baseAddress.map { $0 + sent }, bytes.count - sent, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}

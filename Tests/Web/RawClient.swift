import Glibc

/// A client that sends exactly the bytes it is told, so that a test can be a bad one.
final class RawClient {
  private var socket: Int32
  private(set) var received: [UInt8] = []

  init?(port: Int, receiveBuffer: Int32? = nil) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return nil }
    if var size = receiveBuffer {
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else {
      close(socket)
      // a class that is given up in its init is still torn down
      socket = -1
      return nil
    }
  }

  deinit { hangUp() }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  /// Reads until `enough` says so; false when the time is over or the other side has closed before.
  @discardableResult
  func read(within: Duration = .seconds(5), until enough: (String) -> Bool = { _ in false }) -> Bool {
    let deadline = ContinuousClock.now + within
    while !enough(text) {
      let left = deadline - ContinuousClock.now
      guard left > .zero, readOnce(milliseconds: Int32(left / .milliseconds(1)) + 1) else { return enough(text) }
    }
    return true
  }

  var text: String { String(decoding: received, as: UTF8.self) }

  /// Whether the other side has closed, once all that it sent is read.
  func isClosed(within: Duration = .seconds(5)) -> Bool {
    let deadline = ContinuousClock.now + within
    while ContinuousClock.now < deadline {
      let left = Int32((deadline - ContinuousClock.now) / .milliseconds(1)) + 1
      if !readOnce(milliseconds: left) { return sawEnd }
    }
    return sawEnd
  }

  private(set) var sawEnd = false

  private func readOnce(milliseconds: Int32) -> Bool {
    guard socket >= 0, !sawEnd else { return false }
    var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &buffer, buffer.count, 0)
    guard count > 0 else {
      sawEnd = true
      return false
    }
    received.append(contentsOf: buffer[..<count])
    return true
  }

  func forget() { received = [] }

  /// Says that nothing more will be sent, and goes on listening.
  func halfClose() { shutdown(socket, Int32(SHUT_WR)) }

  /// Closes with a reset instead of a farewell.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    hangUp()
  }

  func hangUp() {
    guard socket >= 0 else { return }
    close(socket)
    socket = -1
  }
}

import Glibc
import Threads
import Web

/// A name server on the loopback address that answers each question for an address (type A, lifetime 0) with the next of
/// its answers, and the asking of it: a name that changes its mind between two questions.
final class DNSStub: Sendable {
  private let socket: Int32
  private let port: UInt16
  private let answers: Lock<[String]>
  private let thread: NamedThread.Handle
  private let asked: Lock<Int>

  /// The last answer is given for ever.
  init?(_ answers: [String]) {
    let server = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(server, $0, length) == 0 && getsockname(server, $0, &length) == 0
      }
    }
    guard isBound else { return nil }
    socket = server
    port = UInt16(bigEndian: address.sin_port)
    let left = Lock(answers)
    let asked = Lock(0)
    self.answers = left
    self.asked = asked
    thread = NamedThread.start("dns") {
      var packet = [UInt8](repeating: 0, count: 512)
      while true {
        var client = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &client) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            recvfrom(server, &packet, packet.count, 0, $0, &length)
          }
        }
        // a packet of one byte ends it
        guard count > 12 else { return }
        asked.withLock { $0 += 1 }
        let answer = left.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? "0.0.0.0" }
        var reply = Array(packet[..<count])
        reply[2] = 0x81
        reply[3] = 0x80
        reply[7] = 1
        reply += [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4] + (PeerAddress(answer)?.bytes ?? [0, 0, 0, 0])
        withUnsafeMutablePointer(to: &client) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = sendto(server, reply, reply.count, 0, $0, length)
          }
        }
      }
    }
  }

  var questions: Int { asked.withLock { $0 } }

  /// Asks as a resolver would.
  @Sendable func lookup(_ host: String) -> [PeerAddress] {
    var question: [UInt8] = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    for label in host.split(separator: ".") { question += [UInt8(label.utf8.count)] + Array(label.utf8) }
    question += [0, 0, 1, 0, 1]
    guard let reply = exchange(question, expectsReply: true), reply.count > question.count + 12 else { return [] }
    let bytes = reply.suffix(4).map { $0 }
    return [PeerAddress(v4: (bytes[0], bytes[1], bytes[2], bytes[3]))]
  }

  private func exchange(_ bytes: [UInt8], expectsReply: Bool) -> [UInt8]? {
    let client = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(client) }
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(client, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard expectsReply else { return nil }
    var reply = [UInt8](repeating: 0, count: 512)
    let count = recv(client, &reply, reply.count, 0)
    return count > 0 ? Array(reply[..<count]) : nil
  }

  func stop() {
    _ = exchange([0], expectsReply: false)
    thread.join()
    close(socket)
  }
}

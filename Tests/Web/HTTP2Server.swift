import SimulatorUnderTest
import Threads

/// Just enough of an HTTP/2 server to answer requests: it answers none before so many have come, which only one
/// connection can bring it.
final class HTTP2Server: Sendable {
  private struct Seen {
    var streams: [UInt32] = []
    var isHTTP2 = false
  }

  let pipe: TLSPipe
  private let seen = Lock(Seen())
  private let thread: NamedThread.Handle

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// What came over the one connection there was.
  var streams: Int { seen.withLock(\.streams.count) }
  var isHTTP2: Bool { seen.withLock(\.isHTTP2) }

  init(together: Int, body: String) throws {
    let pipe = try TLSPipe(protocols: "h2")
    self.pipe = pipe
    let seen = seen
    thread = NamedThread.start("http2-server") {
      var bytes: [UInt8] = []
      var waiting: [UInt32] = []
      func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let size = UInt32(payload.count)
        return [UInt8(size >> 16 & 0xFF), UInt8(size >> 8 & 0xFF), UInt8(size & 0xFF), type, flags]
          + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
      }
      while let more = pipe.receive() {
        bytes += more
        if !seen.withLock(\.isHTTP2) {
          guard bytes.count >= Self.preface.count else { continue }
          guard bytes.starts(with: Self.preface) else { return }
          bytes.removeFirst(Self.preface.count)
          seen.withLock { $0.isHTTP2 = true }
          pipe.send(frame(4, 0, 0, []))
        }
        while bytes.count >= 9 {
          let size = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
          guard bytes.count >= 9 + size else { break }
          let (type, flags) = (bytes[3], bytes[4])
          let stream = bytes[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
          let payload = Array(bytes[9..<(9 + size)])
          bytes.removeFirst(9 + size)
          switch type {
          case 4 where flags & 1 == 0: pipe.send(frame(4, 1, 0, []))
          case 6 where flags & 1 == 0: pipe.send(frame(6, 1, 0, payload))
          // headers or a body, of which this is the end
          case 0 where flags & 1 == 1, 1 where flags & 1 == 1:
            waiting.append(stream)
            seen.withLock { $0.streams.append(stream) }
          default: break
          }
        }
        guard seen.withLock(\.streams.count) >= together else { continue }
        for stream in waiting {
          // status 200, and content-type by its number in the static table
          let type = Array("text/event-stream".utf8)
          pipe.send(frame(1, 4, stream, [0x88, 0x0F, 0x10, UInt8(type.count)] + type))
          pipe.send(frame(0, 1, stream, Array(body.utf8)))
        }
        waiting = []
      }
    }
  }

  func stop() {
    pipe.stop()
    thread.join()
  }
}

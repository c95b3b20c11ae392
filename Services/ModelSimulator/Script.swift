internal import Deliberation

/// All that happens on the wire in answer to one request, decided before anything of it happens.
struct Script: Sendable {
  typealias Headers = [(String, String)]

  struct Piece: Sendable, Equatable {
    /// The pause before it.
    let milliseconds: Int
    let bytes: [UInt8]
  }

  enum Ending: Sendable, Equatable {
    case finished
    /// The connection is cut in the middle of the body.
    case cut
    /// Nothing more comes and the connection stays.
    case silent
  }

  enum Body: Sendable {
    case whole([UInt8])
    case pieces([Piece], Ending)
    /// One byte at a time, however many there are.
    case dripped([UInt8], everyMilliseconds: Int)
    /// `block` again and again: for ever, or until so many bytes of it were written, and then `tail`.
    case flood(head: [UInt8], block: [UInt8], bytes: Int?, tail: [UInt8])
  }

  enum Act: Sendable {
    case answer(status: Int, headers: Headers, body: Body)
    case hangUp
    case silent
  }

  /// The pause before the first byte.
  let milliseconds: Int
  let act: Act

  /// On every answer, so that none is taken for a real one.
  static let mark = ("x-simulated", "1")
  static let json: Headers = [("content-type", "application/json"), mark]
  static let events: Headers = [("content-type", "text/event-stream"), ("cache-control", "no-cache"), mark]

  static func refused(_ body: JSON, _ status: Int, after milliseconds: Int, _ more: Headers) -> Script {
    Script(
      milliseconds: milliseconds, act: .answer(status: status, headers: json + more, body: .whole(body.bytes)))
  }
}

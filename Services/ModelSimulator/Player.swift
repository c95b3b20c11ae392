internal import Threads
internal import Web

/// Carries out scripts: every pause is an entry among the alarms, never a thread.
struct Player: Sendable {
  let alarms: Alarms

  /// How much may wait for a client before a flood pauses.
  private static let mostBuffered = 256_000
  private static let floodPause = 2
  private static let cutPause = 20

  /// `asked`: when the request came, by `Alarms.now()`; what thinking up the answer took is a part of the pause before it.
  func play(_ script: Script, asked: Int64, to responder: Responder, _ over: @escaping @Sendable () -> Void) {
    let once = Once(over)
    responder.onClose { once.run() }
    guard script.milliseconds > 0 else {
      begin(script.act, responder, once)
      return
    }
    alarms.at(asked &+ Int64(script.milliseconds) * 1_000_000) { begin(script.act, responder, once) }
  }

  private func begin(_ act: Script.Act, _ responder: Responder, _ over: Once) {
    guard !over.isOver else { return }
    switch act {
    case .answer(let status, let headers, .whole(let bytes)):
      responder.respond(status, headers, bytes)
      over.run()
    case .answer(let status, let headers, .pieces(let pieces, let ending)):
      play(pieces[...], ending, to: responder.stream(status, headers), over)
    case .answer(let status, let headers, .dripped(let bytes, let interval)):
      drip(bytes[...], interval, to: responder.stream(status, headers), over)
    case .answer(let status, let headers, .flood(let head, let block, let bytes, let tail)):
      let writer = responder.stream(status, headers)
      writer.write(head)
      flood(block, bytes, tail, to: writer, over)
    // Whoever lets go of the responder without an answer cuts the connection.
    case .hangUp: over.run()
    // Held until the client has gone: who lets go of it cuts the connection.
    case .silent: over.hold(responder)
    }
  }

  private func play(_ pieces: ArraySlice<Script.Piece>, _ ending: Script.Ending, to writer: BodyWriter, _ over: Once) {
    var rest = pieces
    while let piece = rest.first {
      if piece.milliseconds > 0 {
        let later = rest.dropFirst()
        alarms.after(piece.milliseconds) {
          guard !over.isOver, writer.write(piece.bytes) else { return over.run() }
          play(later, ending, to: writer, over)
        }
        return
      }
      guard writer.write(piece.bytes) else { return over.run() }
      rest = rest.dropFirst()
    }
    switch ending {
    case .finished:
      writer.finish()
      over.run()
    case .cut: cut(writer, over)
    case .silent: over.hold(writer)
    }
  }

  /// Cuts the connection once what was written has gone out: a cut takes what still waits with it.
  private func cut(_ writer: BodyWriter, _ over: Once) {
    alarms.after(Player.cutPause) {
      if !over.isOver, writer.bufferedBytes > 0 { return cut(writer, over) }
      writer.abort()
      over.run()
    }
  }

  private func drip(_ bytes: ArraySlice<UInt8>, _ interval: Int, to writer: BodyWriter, _ over: Once) {
    guard let byte = bytes.first else {
      writer.finish()
      return over.run()
    }
    guard !over.isOver, writer.write([byte]) else { return over.run() }
    alarms.after(interval) { drip(bytes.dropFirst(), interval, to: writer, over) }
  }

  private func flood(_ block: [UInt8], _ bytes: Int?, _ tail: [UInt8], to writer: BodyWriter, _ over: Once) {
    var left = bytes
    while writer.bufferedBytes < Player.mostBuffered, left.map({ $0 > 0 }) ?? true {
      guard !over.isOver, !block.isEmpty, writer.write(block) else { return over.run() }
      left = left.map { $0 - block.count }
    }
    if let left, left <= 0 {
      writer.write(tail)
      writer.finish()
      return over.run()
    }
    let rest = left
    alarms.after(Player.floodPause) { flood(block, rest, tail, to: writer, over) }
  }
}

internal import Deliberation

/// Turns what a model says, and how it is to behave, into what happens on the wire.
struct Staging {
  let manner: Manner
  let request: ChatRequest
  let completion: Completion
  let milliseconds: Int
  /// Where redirects point to; nobody listens there.
  static let elsewhere = "http://127.0.0.2:9/v1/chat/completions"
  static let headerFlood = 20_000
  static let page = "<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"

  func script() -> Script {
    guard let fault = manner.fault else { return usual() }
    switch fault {
    case .status(let status): return refused(Refusal(status: status))
    case .quota: return refused(.quota)
    case .credits: return refused(Refusal(status: 402))
    case .creditsInProse: return refused(.creditsInProse)
    case .filterInProse: return refused(.filterInProse)
    case .contextLength: return refused(.contextLength)
    // These are said in the shape of an answer: see Actor.
    case .filter, .refusal: return usual()
    case .silent: return Script(milliseconds: 0, act: .silent)
    case .hangUp: return Script(milliseconds: milliseconds, act: .hangUp)
    case .stall: return halved(.silent)
    case .half: return halved(.cut)
    case .nothing: return answer(headers, .whole([]))
    case .html: return answer([("content-type", "text/html"), Script.mark], .whole(Array(Staging.page.utf8)))
    case .wrongJSON:
      return answer(Script.json, .whole((["answer": ["text": "none of the usual members"]] as JSON).bytes))
    case .brokenJSON: return answer(headers, .whole(broken()))
    case .errorWithOK: return answer(Script.json, .whole(request.format.body(Refusal(status: 502)).bytes))
    case .errorMidStream: return errorMidStream()
    case .redirect:
      return Script(
        milliseconds: milliseconds,
        act: .answer(status: 307, headers: [("location", Staging.elsewhere), Script.mark], body: .whole([])))
    case .headerFlood: return answer(headers + flood(), .whole(request.format.whole(completion).bytes))
    case .gzipBomb: return answer(headers + [("content-encoding", "gzip")], .whole(GzipBomb.bytes))
    case .endless: return endless(nil)
    case .big(let megabytes): return endless(megabytes * 1_000_000)
    }
  }

  private var headers: Script.Headers {
    var headers = request.streams ? Script.events : Script.json
    if let limit = manner.rateLimit { headers += request.format.headers(limit, now: completion.created) }
    return headers
  }

  private func answer(_ headers: Script.Headers, _ body: Script.Body) -> Script {
    Script(milliseconds: milliseconds, act: .answer(status: 200, headers: headers, body: body))
  }

  private func refused(_ refusal: Refusal) -> Script {
    var more: Script.Headers = []
    if let wait = manner.retryAfter {
      let value =
        wait.asDate ? HTTPDate.text(secondsSince1970: completion.created + wait.seconds) : String(wait.seconds)
      more.append(("retry-after", value))
    }
    return .refused(request.format.body(refusal), refusal.status, after: milliseconds, more)
  }

  private func usual() -> Script {
    if let interval = manner.dripMilliseconds {
      return answer(headers, .dripped(bytes(), everyMilliseconds: interval))
    }
    if request.streams, let pace = manner.wordsPerSecond {
      return answer(headers, .pieces(paced(pace), .finished))
    }
    if manner.wire.contains(.gzip) {
      return answer(headers + [("content-encoding", "gzip")], .whole(Gzip.stored(bytes())))
    }
    if manner.wire.contains(.split) { return answer(headers, .pieces(split(bytes()), .finished)) }
    return answer(headers, .whole(bytes()))
  }

  /// The whole body of the answer, stream or not.
  private func bytes() -> [UInt8] { resolved(request.streams ? written(events(wordsEach: 4)) : whole()) }

  private func whole() -> [UInt8] {
    var completion = completion
    if manner.wire.contains(.noFinish) { completion.finish = nil }
    return request.format.whole(completion).bytes
  }

  private func events(wordsEach: Int) -> [StreamEvent] {
    var completion = completion
    if manner.wire.contains(.noFinish) { completion.finish = nil }
    return request.format.events(completion, wordsEach: wordsEach, includesUsage: request.includesUsage, manner.wire)
  }

  private func written(_ events: some Sequence<StreamEvent>) -> [UInt8] {
    let stream = EventStream(wire: manner.wire)
    return (manner.wire.contains(.comments) ? stream.comment : []) + events.flatMap(stream.bytes)
  }

  /// A word an event, so many events a second after the first word.
  private func paced(_ pace: Int) -> [Script.Piece] {
    let stream = EventStream(wire: manner.wire)
    var words = 0
    return events(wordsEach: 1).map { event in
      // Pauses are made of the whole distance, so that they do not add up to less than was asked for.
      let pause = event.isText && words > 0 ? words * 1000 / pace - (words - 1) * 1000 / pace : 0
      if event.isText { words += 1 }
      return Script.Piece(milliseconds: pause, bytes: resolved(stream.bytes(event)))
    }
  }

  /// Pieces of one to seven bytes, so that cuts fall everywhere: inside of characters, names, line ends.
  private func split(_ bytes: [UInt8]) -> [Script.Piece] {
    var pieces: [Script.Piece] = []
    var start = 0
    var size = 1
    while start < bytes.count {
      let end = min(start + size, bytes.count)
      // A pause now and then, or the pieces would arrive as one.
      let pause = pieces.count < 200 ? 1 : pieces.count % 16 == 0 ? 1 : 0
      pieces.append(Script.Piece(milliseconds: pause, bytes: Array(bytes[start..<end])))
      start = end
      size = size % 7 + 1
    }
    return pieces
  }

  private func halved(_ ending: Script.Ending) -> Script {
    let bytes = bytes()
    return answer(headers, .pieces([.init(milliseconds: 0, bytes: Array(bytes[..<(bytes.count / 2)]))], ending))
  }

  /// Cut in the middle of a JSON text, though HTTP ends well.
  private func broken() -> [UInt8] {
    guard request.streams else { return Array(whole().dropLast(whole().count / 3)) }
    var events = events(wordsEach: 4)
    events.insert(StreamEvent(Array("{\"choices\": [{\"delta\": {\"cont".utf8)), at: events.count / 2)
    return written(events)
  }

  private func errorMidStream() -> Script {
    guard request.streams else {
      return answer(Script.json, .whole(request.format.body(Refusal(status: 502)).bytes))
    }
    let events = events(wordsEach: 4)
    return answer(headers, .whole(written(events.prefix(max(2, events.count / 2)) + request.format.error(completion))))
  }

  private func flood() -> Script.Headers {
    let value = String(repeating: "x", count: 200)
    return (0..<(Staging.headerFlood / 220)).map { ("x-flood-\($0)", value) }
  }

  /// Content without end, or of so many bytes; a valid answer where it ends.
  private func endless(_ bytes: Int?) -> Script {
    var completion = completion
    if request.streams {
      completion.content = String(repeating: "and so on ", count: 400)
      let events = request.format.events(completion, wordsEach: 4000, includesUsage: true, [])
      let place = events.firstIndex { $0.isText } ?? 0
      return answer(
        headers,
        .flood(
          head: written(events[..<place]), block: written(events[place...place]), bytes: bytes,
          tail: written(events[(place + 1)...])))
    }
    completion.content = "and so on"
    let body = request.format.whole(completion).bytes
    let cut = firstRange(of: Array("and so on".utf8), in: body).map(\.upperBound) ?? body.count
    let block = Array(String(repeating: " and so on", count: 1600).utf8)
    return answer(headers, .flood(head: Array(body[..<cut]), block: block, bytes: bytes, tail: Array(body[cut...])))
  }

  private func firstRange(of wanted: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
    guard bytes.count >= wanted.count else { return nil }
    for start in 0...(bytes.count - wanted.count) where bytes[start...].starts(with: wanted) {
      return start..<(start + wanted.count)
    }
    return nil
  }

  private func resolved(_ bytes: [UInt8]) -> [UInt8] {
    manner.content.isDisjoint(with: [.invalidUTF8, .control]) ? bytes : Placeholder.resolved(bytes)
  }
}

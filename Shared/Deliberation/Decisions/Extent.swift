/// How much of itself a result tells, so that its record is never too long. What is a copy for comfort goes first, and what
/// is nowhere else last: no end may be without its result.
struct Extent: Equatable {
  /// What a provider wants back, and a panel as a server tool's call.
  var hasDetails = true
  /// In the Responses form analysis and answers stand in the item of the fusion, and beside it once more.
  var hasCopies = true
  /// What the answer's call said beside its text.
  var hasReasoning = true
  /// Quotes and sources, and what the asker knows because it asked for it.
  var hasEvidence = true
  var hasAnalysis = true
  /// The most that one answer of the panel takes.
  var answerBytes = Int.max

  /// From the whole to what always fits.
  static func steps(answerBytes: Int) -> [Extent] {
    var extent = Extent()
    var steps = [extent]
    func less(_ change: (inout Extent) -> Void) {
      change(&extent)
      steps.append(extent)
    }
    less { $0.hasDetails = false }
    less { $0.hasCopies = false }
    less { $0.hasReasoning = false }
    less { $0.hasEvidence = false }
    for part in [2, 4] { less { $0.answerBytes = answerBytes / part } }
    less { $0.hasAnalysis = false }
    for part in [16, 256] { less { $0.answerBytes = answerBytes / part } }
    return steps
  }
}

extension ResultBuilder {
  /// The body with as much of it as fits a record, beside what else a result's record carries.
  func fitted(_ body: (Extent) -> JSON) -> JSON {
    let room = room
    let steps = Extent.steps(answerBytes: ask.answerBytes)
    for extent in steps.dropLast() {
      let body = body(extent)
      if body.fits(room) { return body }
    }
    return body(steps[steps.count - 1])
  }

  /// Follows from the ask alone, as the shares of its answers do: those with the question are four fifths of a record.
  private var room: Int {
    let isPlain = ask.policy == .never
    let besides = (ask.metadata?.count ?? 0) + JSON.escapedSize(ask.origin.key ?? "")
    let question = besides + (isPlain ? 0 : ask.request.count)
    let record = (ask.answerBytes * (isPlain ? 1 : ask.panel.count + 2) + question) / 8 * 10
    return record - besides - Self.headroom
  }

  /// For the key, the headers, and the names around a body.
  private static let headroom = 8_000
}

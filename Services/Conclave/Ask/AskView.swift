internal import Deliberation

/// Shows progress on standard error: a picture that is drawn anew on a terminal, plain lines anywhere else.
struct AskView {
  private let isTerminal: Bool
  private let write: (String) -> Void
  private var drawnLines = 0

  init(isTerminal: Bool, write: @escaping (String) -> Void) {
    self.isTerminal = isTerminal
    self.write = write
  }

  mutating func show(_ progress: AskProgress, lines: [String], now: Moment) {
    if isTerminal { draw(progress, now: now) } else { for line in lines { write(line + "\n") } }
  }

  /// The picture is over: what follows stands below it.
  mutating func finish(_ progress: AskProgress, now: Moment) {
    if isTerminal { draw(progress, now: now) }
    drawnLines = 0
  }

  private mutating func draw(_ progress: AskProgress, now: Moment) {
    let picture = Self.picture(progress, now: now)
    let up = drawnLines == 0 ? "" : "\u{1B}[\(drawnLines)A"
    write(up + picture.map { "\r\u{1B}[2K" + $0 + "\n" }.joined() + (picture.count < drawnLines ? "\u{1B}[J" : ""))
    drawnLines = picture.count
  }

  static let barWidth: Int64 = 24

  /// One line a member, its bar as long as it took beside the slowest, and one for what is being done now.
  static func picture(_ progress: AskProgress, now: Moment) -> [String] {
    let spent = progress.seats.map { seat -> Int64 in
      if case .answered(let milliseconds) = seat.fate { milliseconds } else { max(0, now - seat.since) }
    }
    let longest = max(1, spent.max() ?? 1)
    let width = progress.seats.map(\.model.count).max() ?? 0
    var lines = zip(progress.seats, spent).map { seat, spent in
      let name = seat.model + String(repeating: " ", count: width - seat.model.count)
      let bar = String(repeating: "━", count: Int(max(1, spent * barWidth / longest)))
      return switch seat.fate {
      case .waiting: "\u{1B}[2m… \(name)  \(bar)\u{1B}[0m"
      case .answered(let milliseconds): "\u{1B}[32m✓\u{1B}[0m \(name)  \u{1B}[32m\(bar)\u{1B}[0m \(milliseconds) ms"
      case .failed(let why): "\u{1B}[31m✗\u{1B}[0m \(name)  \(why)"
      case .abandoned: "\u{1B}[2m– \(name)  not waited for\u{1B}[0m"
      }
    }
    if !progress.stage.isEmpty { lines.append("\u{1B}[2m\(progress.stage)\u{1B}[0m") }
    return lines
  }
}

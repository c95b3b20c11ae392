/// How fast a provider answers lately, beside how fast it usually does.
package struct Pulse: Sendable, Equatable {
  private var usual: Double?
  private var lately = 0.0

  /// Beyond so many times the usual, and this many milliseconds more, it has become slow.
  package static let tolerance = 2.0
  package static let slack = 50.0

  package mutating func beat(_ milliseconds: Int64) {
    let time = Double(max(0, milliseconds))
    guard let before = usual else {
      usual = time
      lately = time
      return
    }
    lately += (time - lately) / 16
    // down at once, up slowly: what is usual is what it can do
    usual = time < before ? before + (time - before) / 8 : before + (time - before) / 256
  }

  package var holds: Bool { usual.map { lately <= $0 * Self.tolerance + Self.slack } ?? true }
}

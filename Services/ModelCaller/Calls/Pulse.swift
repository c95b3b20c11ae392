/// How fast a provider's models answer lately, beside how fast each of them usually does.
package struct Pulse: Sendable, Equatable {
  private var usual: [String: Double] = [:]
  /// The latest times, each as a share of what its model may take and still be as usual.
  private var lately = 0.0

  /// Beyond so many times the usual, and this many milliseconds more, a model has become slow.
  package static let tolerance = 2.0
  package static let slack = 50.0
  /// More models than this are taken for one.
  package static let models = 1_000

  package init() {}

  package mutating func beat(_ milliseconds: Int64, of model: String = "") {
    let time = Double(max(0, milliseconds))
    let model = usual[model] == nil && usual.count >= Self.models ? "" : model
    guard let before = usual[model] else {
      usual[model] = time
      return
    }
    lately += (time / (before * Self.tolerance + Self.slack) - lately) / 16
    // down at once, up slowly: what is usual is what it can do
    usual[model] = time < before ? before + (time - before) / 8 : before + (time - before) / 256
  }

  package var holds: Bool { lately <= 1 }
}

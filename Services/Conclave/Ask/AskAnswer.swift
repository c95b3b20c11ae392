internal import Deliberation

/// What came of an ask: the body that an HTTP client would get, and how long it took.
struct AskAnswer: Equatable, Sendable {
  let code: Int
  let body: JSON
  let milliseconds: Int64

  var isAnswer: Bool { (200..<300).contains(code) }

  var text: String { body["choices"]?[0]?["message"]?["content"]?.string ?? "" }

  var model: String { body["model"]?.string ?? "" }

  var cost: Double? { body["usage"]?["cost"]?.number }

  /// Why there is no answer.
  var failure: String {
    let message = body["error"]?["message"]?.string ?? "no answer"
    return "\(message) (\(code))"
  }

  /// Time and money, in a few words.
  var price: String {
    let spent = cost.map { ", $" + Self.dollars($0) } ?? ""
    return "\(milliseconds) ms\(spent)"
  }

  /// A price with six places, which is where a small model's answers begin.
  static func dollars(_ value: Double) -> String {
    guard value.isFinite, value >= 0, value < 1e9 else { return "?" }
    let millionths = Int64((value * 1_000_000).rounded())
    let fraction = String(millionths % 1_000_000)
    return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }
}

package import Deliberation

/// Reads how long a provider wants to be left alone: `retry-after-ms`, or `Retry-After` in seconds or as a date.
package enum RetryAfter {
  /// Milliseconds from `now`, at most a day; nil where nothing readable stands there.
  package static func milliseconds(_ headers: [(String, String)], now: Moment) -> Int64? {
    func value(_ wanted: String) -> String? {
      headers.first { $0.0.lowercased() == wanted }?.1
    }
    if let text = value("retry-after-ms"), let number = Double(text.trimmed), let result = clamp(number) {
      return result
    }
    guard let text = value("retry-after")?.trimmed else { return nil }
    if let seconds = Double(text) { return clamp(seconds * 1000) }
    return date(text).map { max(0, min(86_400_000, $0 - now)) }
  }

  private static func clamp(_ milliseconds: Double) -> Int64? {
    guard milliseconds.isFinite, milliseconds >= 0 else { return nil }
    return Int64(min(milliseconds, 86_400_000))
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form of an HTTP date that is still written.
  static func date(_ text: String) -> Moment? {
    let parts = text.split(separator: " ")
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])),
      parts[1].count == 2, parts[3].count == 4, parts[4].count == 8
    else { return nil }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return Moment(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
  }
}

extension String {
  var trimmed: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}

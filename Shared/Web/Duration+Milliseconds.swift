extension Duration {
  /// Whole milliseconds, rounded up and held within what C's calls take, so that a wait is never cut to nothing.
  var milliseconds: Int {
    let (seconds, rest) = components
    guard seconds < 2_000_000 else { return 2_000_000_000 }
    guard seconds >= 0, rest >= 0 else { return 0 }
    return Int(seconds) * 1000 + Int((rest + 999_999_999_999_999) / 1_000_000_000_000_000)
  }

  /// For metrics.
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

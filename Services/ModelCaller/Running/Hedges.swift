package import Deliberation

/// For which models a second request is made where the first is slow to begin: `hedge` of a model's entry.
package struct Hedges: Sendable {
  package struct Wrong: Error, CustomStringConvertible {
    package let description: String
  }

  private let percentiles: [String: Int]

  /// Below it, second requests would be the rule and not the exception.
  package static let range: ClosedRange<Int64> = 50...99

  package init(_ configuration: JSON) throws(Wrong) {
    var percentiles: [String: Int] = [:]
    for (place, model) in (configuration["models"]?.array ?? []).enumerated() {
      guard let slug = model["slug"]?.string, let hedge = model["hedge"], !hedge.isNull else { continue }
      guard let percentile = hedge["percentile"]?.int, Self.range.contains(percentile) else {
        throw Wrong(
          description: "models[\(place)].hedge: write {\"percentile\": n} with n of \(Self.range.lowerBound) to "
            + "\(Self.range.upperBound), or leave it out")
      }
      percentiles[slug] = Int(percentile)
    }
    self.percentiles = percentiles
  }

  /// An entry for all models of an author counts for each of them.
  package func percentile(_ slug: String) -> Int? {
    guard !percentiles.isEmpty else { return nil }
    if let percentile = percentiles[slug] { return percentile }
    return percentiles.first { $0.key.hasSuffix("/*") && slug.hasPrefix($0.key.dropLast()) }?.value
  }
}

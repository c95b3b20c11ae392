/// USD as whole billionths: sums of whole numbers do not depend on their order, so a rebuild gives the same bytes.
enum Money {
  static let unit = 1_000_000_000.0

  static func whole(_ dollars: Double?) -> Int64? {
    guard let dollars, dollars.isFinite, abs(dollars) < 1e9 else { return nil }
    return Int64((dollars * unit).rounded())
  }

  static func dollars(_ whole: Int64) -> Double { Double(whole) / unit }
}

/// Figures in columns: the first to the left, the others to the right.
struct BenchTable: Sendable {
  let head: String
  let rows: [[String]]

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }
    return ([head, ""] + lines).joined(separator: "\n") + "\n"
  }

  static func milliseconds(_ seconds: Double) -> String { rounded(seconds * 1000, 3) }

  /// With that many places; a measurement that is none is shown as such.
  static func rounded(_ value: Double, _ places: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "-" }
    let scale = Int64((0..<places).reduce(1.0) { power, _ in power * 10 })
    let whole = Int64((value * Double(scale)).rounded())
    let sign = whole < 0 ? "-" : ""
    guard places > 0 else { return "\(whole)" }
    let fraction = String(abs(whole) % scale)
    return sign + "\(abs(whole) / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}

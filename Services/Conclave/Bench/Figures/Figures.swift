internal import Deliberation

/// A figure for each of some names, in the order in which they came.
struct Figures: Sendable, Equatable {
  private(set) var names: [String] = []
  private var values: [String: Double] = [:]

  mutating func add(_ name: String, _ value: Double) {
    if values[name] == nil { names.append(name) }
    values[name, default: 0] += value
  }

  subscript(name: String) -> Double { values[name] ?? 0 }
  var total: Double { values.values.reduce(0, +) }

  func without(_ left: Set<String>) -> Figures {
    var rest = Figures()
    for name in names where !left.contains(name) { rest.add(name, self[name]) }
    return rest
  }

  func times(_ factor: Double) -> Figures {
    var all = Figures()
    for name in names { all.add(name, self[name] * factor) }
    return all
  }

  /// `name 1.2, name 3.4`, the largest first.
  func text(_ places: Int, unit: String = "") -> String {
    names.sorted { self[$0] > self[$1] }.map { "\($0) \(BenchTable.rounded(self[$0], places))\(unit)" }
      .joined(separator: ", ")
  }

  var json: JSON { .object(names.reduce(into: JSONObject()) { $0[$1] = .double(self[$1]) }) }
}

internal import Deliberation

/// What one workload found, for people (tables, lines), for programs (json) and for the eye (plots).
struct Section: Sendable {
  let name: String
  let title: String
  var tables: [BenchTable] = []
  /// Findings in words, under the tables.
  var lines: [String] = []
  /// What makes the figures doubtful.
  var warnings: [String] = []
  var json = JSONObject()
  var plots: [SVGPlot] = []
  /// Whether everything that was asked was answered.
  var isSound = true
  /// Why it was not measured.
  var leftOut: String?

  init(_ name: String, _ title: String) {
    self.name = name
    self.title = title
  }

  init(_ name: String, _ title: String, leftOut: String) {
    self.init(name, title)
    self.leftOut = leftOut
  }

  var text: String {
    var parts = ["== \(name): \(title)"]
    if let leftOut { parts.append("left out: \(leftOut)") }
    parts += tables.map(\.text)
    if !lines.isEmpty { parts.append(lines.joined(separator: "\n")) }
    if !warnings.isEmpty { parts.append(warnings.map { "! " + $0 }.joined(separator: "\n")) }
    return parts.joined(separator: "\n") + "\n"
  }

  var whole: JSON {
    var object: JSONObject = ["title": .string(title)]
    if let leftOut { object["left_out"] = .string(leftOut) }
    for member in json.members { object[member.key] = member.value }
    object["sound"] = .bool(isSound)
    object["warnings"] = .array(warnings.map(JSON.string))
    return .object(object)
  }
}

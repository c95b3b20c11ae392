internal import Deliberation
internal import FoundationEssentials

/// Everything that one run of the bench found.
struct BenchReport: Sendable {
  /// Of the result's shape: a field is never given a second meaning under one number.
  static let version = 1

  let machine: Machine
  let bus: String
  let commit: String?
  let began: Moment
  var seconds = 0.0
  var sections: [Section] = []

  var isSound: Bool { sections.allSatisfy(\.isSound) }

  var head: String {
    let version = commit.map { "commit \($0.prefix(12)), " } ?? ""
    return """
      conclave bench, \(version)\(began.rfc3339)
      \(machine.description)
      \(bus)

      """
  }

  /// What is said behind the last section.
  var foot: String {
    var lines = ["\(sections.count) sections in \(BenchTable.rounded(seconds, 0)) s"]
    if machine.load > 1 {
      lines.append(
        "! the machine was busy when this began (load \(BenchTable.rounded(machine.load, 1))): hold ratios, not figures"
      )
    }
    let left = sections.filter { $0.leftOut != nil }.map(\.name)
    if !left.isEmpty { lines.append("left out: \(left.joined(separator: ", "))") }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: JSON {
    var object: JSONObject = ["version": .int(Int64(Self.version))]
    object.append("commit", ifPresent: commit.map(JSON.string))
    object["began"] = .string(began.rfc3339)
    object["seconds"] = .double(seconds)
    object["machine"] = machine.json
    object["bus"] = .string(bus)
    object["sections"] = .object(
      sections.reduce(into: JSONObject()) { $0[$1.name] = $1.whole })
    return .object(object)
  }

  /// Writes each plot as `<name>.svg` and says which.
  func writePlots(to folder: String) throws -> [String] {
    let plots = sections.flatMap(\.plots)
    guard !plots.isEmpty else { return [] }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return try plots.map { plot in
      let path = "\(folder)/\(plot.name).svg"
      try Data(plot.svg.utf8).write(to: URL(filePath: path))
      return path
    }
  }

  /// The commit that lies where this program was built; nil where it was taken elsewhere.
  static func commit(above folder: String) -> String? {
    var folder = folder
    while let slash = folder.lastIndex(of: "/") {
      if let head = read(folder + "/.git/HEAD") {
        guard head.hasPrefix("ref: ") else { return head }
        let name = String(head.dropFirst(5))
        if let commit = read("\(folder)/.git/\(name)") { return commit }
        let packed = read("\(folder)/.git/packed-refs")?.split(separator: "\n").first { $0.hasSuffix(" " + name) }
        return packed.flatMap { $0.split(separator: " ").first.map(String.init) }
      }
      folder = String(folder[..<slash])
    }
    return nil
  }

  private static func read(_ path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let text = String(decoding: data, as: UTF8.self)
    return text.split(separator: "\n").isEmpty ? nil : text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}

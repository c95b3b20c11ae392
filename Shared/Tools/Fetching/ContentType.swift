/// What a body is, by what the server said and by how it begins.
struct ContentType: Equatable {
  enum Kind: Equatable {
    case html, text, other
  }

  let name: String
  let kind: Kind
  /// What the server said of the encoding.
  let charset: String?

  init(_ header: String?, _ body: [UInt8]) {
    let parts = (header ?? "").lowercased().split(separator: ";")
    let name = parts.first.map { String($0.filter { !$0.isWhitespace }) } ?? ""
    self.name = name.isEmpty ? "unknown" : String(name.prefix(60))
    let start = String(decoding: body.prefix(1_024), as: UTF8.self).lowercased()
    let looksLikeHTML = start.contains("<html") || start.contains("<!doctype html") || start.contains("<body")
    switch name {
    case "text/html", "application/xhtml+xml": kind = .html
    case "", "application/octet-stream": kind = looksLikeHTML ? .html : Self.isText(body) ? .text : .other
    case "application/json", "application/xml", "application/javascript", "application/x-yaml", "application/yaml":
      kind = .text
    default: kind = name.hasPrefix("text/") || name.hasSuffix("+json") || name.hasSuffix("+xml") ? .text : .other
    }
    let said = parts.dropFirst().compactMap { part -> String? in
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, pair[0].filter({ !$0.isWhitespace }) == "charset" else { return nil }
      return pair[1].filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
    }.first
    charset = said.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func isText(_ body: [UInt8]) -> Bool {
    !body.isEmpty && !body.prefix(1_024).contains(0) && String(validating: body.prefix(100_000), as: UTF8.self) != nil
  }
}

import Deliberation
import Foundation

/// `deploy/openapi.yaml`, written in the part of YAML that is JSON.
struct OpenAPI {
  let document: JSON

  init() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "deploy/openapi.yaml")
    document = try JSON.parse(Array(try Data(contentsOf: path)))
  }

  func faults(_ value: JSON, _ schema: String) -> [String] {
    guard let root = document["components"]?["schemas"]?[schema] else { return ["there is no schema \(schema)"] }
    return Schema(document: document, root: root).faults(value).map(\.description)
  }
}

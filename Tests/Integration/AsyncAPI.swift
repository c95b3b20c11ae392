import Bus
import Deliberation
import Foundation
import Testing

/// `deploy/asyncapi.yaml`: which records may stand on which topic. It is written in the part of YAML that is JSON.
struct AsyncAPI {
  let document: JSON

  init() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "deploy/asyncapi.yaml")
    document = try JSON.parse(Array(try Data(contentsOf: path)))
  }

  /// The channel whose address a topic has; lanes share one.
  func channel(_ topic: String) -> JSON? {
    document["channels"]?.object?.members.map(\.value).first { channel in
      guard let address = channel["address"]?.string else { return false }
      if address == topic { return true }
      guard let brace = address.firstIndex(of: "{") else { return false }
      return topic.hasPrefix(address[..<brace]) && topic.count > address[..<brace].count
    }
  }

  /// What is wrong with a record, by this document.
  func faults(_ record: Record) -> [String] {
    guard let channel = channel(record.topic), let messages = channel["messages"]?.object else {
      return ["\(record.topic) is described by no channel"]
    }
    let headers = JSON.object(
      record.headers.reduce(into: JSONObject()) { object, header in
        guard object[header.name] == nil else { return }
        object[header.name] = header.value.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null
      })
    let names = messages.keys
    if names == ["DeadLetter"] { return faults(headers, message("DeadLetter")?["headers"]) }
    let type = headers["ce_type"]?.string ?? ""
    guard let message = names.lazy.compactMap({ message($0) }).first(where: { $0["name"]?.string == type }) else {
      return ["\(type) does not belong on \(record.topic)"]
    }
    var faults = faults(headers, message["headers"])
    do {
      faults += self.faults(try JSON.parse(record.value ?? []), message["payload"])
    } catch { faults.append("the value is \(error)") }
    if let id = headers["ce_id"]?.string, let subject = headers["ce_subject"]?.string,
      record.topic.hasSuffix(".events"),
      !id.hasPrefix(subject + "/")
    {
      faults.append("ce_id \(id) is not of \(subject)")
    }
    return faults.map { "\(type): \($0)" }
  }

  func message(_ name: String) -> JSON? { document["components"]?["messages"]?[name] }

  private func faults(_ value: JSON, _ schema: JSON?) -> [String] {
    guard let schema else { return ["there is no schema for this"] }
    return Schema(document: document, root: schema).faults(value).map(\.description)
  }
}

import Bus
import Deliberation
import Testing

@Suite("asyncapi.yaml") struct AsyncAPITests {
  private let api: AsyncAPI

  init() throws { api = try AsyncAPI() }

  @Test("has a channel for every topic, with its partitions and how long it keeps them") func topics() throws {
    let topics = Topics(BusSettings(bootstrap: "127.0.0.1:1", kind: .embedded, lanes: ["default", "slow"]))
    for shape in topics.all {
      let kafka = try #require(api.channel(shape.name)?["bindings"]?["kafka"], "\(shape.name)")
      #expect(kafka["partitions"]?.int == Int64(shape.partitions), "\(shape.name)")
      let kept = shape.retention.map { $0.components.seconds * 1000 } ?? -1
      #expect(kafka["topicConfiguration"]?["retention.ms"]?.int == kept, "\(shape.name)")
    }
    #expect(api.document["channels"]?.object?.count == 9)
  }

  @Test("describes every event that the domain knows, and no other") func events() throws {
    let described = Set(try #require(api.document["channels"]?["events"]?["messages"]?.object).keys)
    let known = Set(
      Event.Name.allCases.map { name in
        name.rawValue.split { $0 == "." || $0 == "_" }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
      })
    #expect(described == known)
  }

  @Test("resolves every reference that it makes") func references() {
    func references(_ value: JSON) -> [String] {
      switch value {
      case .object(let object):
        object.members.flatMap { $0.key == "$ref" ? [$0.value.string ?? ""] : references($0.value) }
      case .array(let array): array.flatMap(references)
      default: []
      }
    }
    let all = references(api.document)
    #expect(all.count > 100)
    for reference in Set(all) {
      let target = reference.dropFirst(2).split(separator: "/").reduce(Optional(api.document)) { $0?[String($1)] }
      #expect(target != nil, "\(reference)")
    }
  }

  private func record(_ changes: (inout JSONObject, inout [String: String]) -> Void) -> Record {
    var value: JSONObject = [
      "round": 0, "sealed": "complete", "answered": ["d/panel/0/0/0"], "failed": [], "abandoned": [],
    ]
    var headers = [
      "ce_specversion": "1.0", "ce_id": "d/panel.assembled/0", "ce_type": "conclave.panel.assembled.v1",
      "ce_source": "/conclave/aggregator", "ce_subject": "d", "ce_time": "2026-01-02T03:04:05.678Z",
      "content-type": "application/json",
    ]
    changes(&value, &headers)
    return Record(
      topic: "conclave.events", partition: 0, offset: 0, timestamp: 0, key: Array("d".utf8),
      value: JSON.object(value).bytes,
      headers: headers.map { Header($0.key, $0.value) })
  }

  @Test("lets a right record pass") func right() { #expect(api.faults(record { _, _ in }) == []) }

  @Test("finds what is wrong with a record") func wrong() {
    let cases: [(String, (inout JSONObject, inout [String: String]) -> Void)] = [
      ("sealed is \"later\"", { value, _ in value["sealed"] = "later" }),
      ("has no answered", { value, _ in value["answered"] = nil }),
      ("answered[0] is \"d/panel\"", { value, _ in value["answered"] = ["d/panel"] }),
      ("round is -1", { value, _ in value["round"] = -1 }),
      ("round is \"0\"", { value, _ in value["round"] = "0" }),
      ("extra is not described", { value, _ in value["extra"] = 1 }),
      ("ce_time is \"yesterday\"", { _, headers in headers["ce_time"] = "yesterday" }),
      ("ce_source is", { _, headers in headers["ce_source"] = "/conclave/judge" }),
      ("has no ce_subject", { _, headers in headers["ce_subject"] = nil }),
      ("is not of e", { _, headers in headers["ce_subject"] = "e" }),
      ("does not belong on conclave.events", { _, headers in headers["ce_type"] = "conclave.ask.v1" }),
    ]
    for (expected, change) in cases {
      let faults = api.faults(record(change))
      #expect(faults.contains { $0.contains(expected) }, "\(expected): \(faults)")
    }
  }
}

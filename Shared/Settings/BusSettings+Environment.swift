internal import Bus

extension BusSettings {
  private static let passedPrefix = "CONCLAVE_KAFKA_"

  init(_ environment: Environment, lanes: [String], recordBytes: Int) throws(SettingsError) {
    guard let bootstrap = environment["CONCLAVE_KAFKA"] else {
      throw .missing("CONCLAVE_KAFKA", "start the service with `conclave up`, or set it to host:port of a Kafka broker")
    }
    for broker in bootstrap.split(separator: ",", omittingEmptySubsequences: false) { try Self.check(String(broker)) }
    self.init(bootstrap: bootstrap, kind: environment["CONCLAVE_EMBEDDED"] == nil ? .kafka : .embedded)
    for (name, value) in environment.variables where name.hasPrefix(Self.passedPrefix) && !value.isEmpty {
      let property = name.dropFirst(Self.passedPrefix.count).lowercased().split(separator: "_").joined(separator: ".")
      guard !property.isEmpty else { throw .wrong(name, "names no librdkafka property; write its name behind it") }
      properties[property] = value
    }
    if let mode = environment["CONCLAVE_TOPICS"] {
      guard let mode = TopicsMode(rawValue: mode) else {
        throw .wrong("CONCLAVE_TOPICS", "\"\(mode)\" is not known; write create or check")
      }
      topics = mode
    }
    prefix = try environment.name("CONCLAVE_TOPIC_PREFIX", ".-_", most: 100) ?? prefix
    partitions = try environment.whole("CONCLAVE_PARTITIONS", in: 1...1_000)
    replication = try environment.whole("CONCLAVE_REPLICATION", in: 1...100)
    self.lanes = lanes
    self.recordBytes = recordBytes
  }

  private static func check(_ broker: String) throws(SettingsError) {
    let broker = broker.filter { $0 != " " }
    let bare = broker.firstRange(of: "://").map { String(broker[$0.upperBound...]) } ?? broker
    guard let colon = bare.lastIndex(of: ":"), !bare.hasSuffix("]") else {
      throw .wrong("CONCLAVE_KAFKA", "\"\(broker)\" has no port; write host:port")
    }
    guard colon > bare.startIndex, let port = Int(bare[bare.index(after: colon)...]), (1...65_535).contains(port) else {
      throw .wrong("CONCLAVE_KAFKA", "\"\(broker)\" is no address; write host:port")
    }
  }
}

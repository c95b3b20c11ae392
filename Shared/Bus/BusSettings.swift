/// What the bus must know to reach its brokers and to name its topics. `Settings` builds it; the bus reads no
/// environment.
package struct BusSettings: Sendable {
  package enum Kind: Sendable, Equatable {
    /// The in-process broker that `conclave up` starts: no groups, no admin requests, memory only.
    case embedded
    case kafka
  }

  package enum TopicsMode: String, Sendable {
    case create, check
  }

  /// `host:port`, comma separated.
  package var bootstrap: String
  package var kind: Kind
  /// librdkafka properties passed through. They come last, and those that would break a guarantee are refused by name.
  package var properties: [String: String]
  package var prefix: String
  package var topics: TopicsMode
  /// For every topic whose partitions are not fixed; nil: 12.
  package var partitions: Int?
  /// nil: as many as there are brokers, at most 3.
  package var replication: Int?
  package var lanes: [String]
  /// The largest record: key, value and headers together.
  package var recordBytes: Int

  package init(
    bootstrap: String, kind: Kind, properties: [String: String] = [:], prefix: String = "conclave.",
    topics: TopicsMode = .create, partitions: Int? = nil, replication: Int? = nil, lanes: [String] = ["default"],
    recordBytes: Int = 1_000_000
  ) {
    self.bootstrap = bootstrap
    self.kind = kind
    self.properties = properties
    self.prefix = prefix
    self.topics = topics
    self.partitions = partitions
    self.replication = replication
    self.lanes = lanes
    self.recordBytes = recordBytes
  }

  /// For a reader that nobody waits for as for a hop: it asks the brokers less often where nothing comes.
  package var patient: BusSettings {
    var settings = self
    let wait = kind == .embedded ? Tuning.fetchWaitPatientEmbedded : Tuning.fetchWaitPatientKafka
    settings.properties["fetch.wait.max.ms"] = properties["fetch.wait.max.ms"] ?? "\(wait)"
    return settings
  }
}

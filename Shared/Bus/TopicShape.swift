/// What a topic must look like.
package struct TopicShape: Sendable, Equatable {
  package let name: String
  package let partitions: Int
  /// How long records are kept; nil: for ever.
  package let retention: Duration?
  package let cleanup: String
  /// Whether more partitions than asked for are as good: true where nothing depends on a key's place.
  package let mayGrow: Bool

  package init(name: String, partitions: Int, retention: Duration?, cleanup: String = "delete", mayGrow: Bool = false) {
    self.name = name
    self.partitions = partitions
    self.retention = retention
    self.cleanup = cleanup
    self.mayGrow = mayGrow
  }

  /// Kafka's own words for how long records are kept.
  var retentionMilliseconds: Int64 { retention.map { $0.components.seconds * 1000 } ?? -1 }

  /// What of a topic's properties is not what is needed; keeping records for longer is.
  func misfit(_ properties: [String: String]) -> BusError? {
    if let has = properties["cleanup.policy"], has != cleanup {
      return .keeping(topic: name, property: "cleanup.policy", has: has, needs: cleanup)
    }
    guard let text = properties["retention.ms"], let has = Int64(text), has >= 0 else { return nil }
    let needs = retentionMilliseconds
    if needs >= 0, has >= needs { return nil }
    return .keeping(topic: name, property: "retention.ms", has: text, needs: "\(needs)")
  }
}

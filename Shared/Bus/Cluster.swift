/// What a cluster says of itself: how many brokers it has and which topics with how many partitions.
package struct Cluster: Sendable, Equatable {
  package let brokers: Int
  package let topics: [String: Int]

  package init(brokers: Int, topics: [String: Int]) {
    self.brokers = brokers
    self.topics = topics
  }

  package func missing(_ shapes: [TopicShape]) -> [TopicShape] { shapes.filter { topics[$0.name] == nil } }

  /// The first topic that is there and is not what is needed.
  package func misfit(_ shapes: [TopicShape]) -> BusError? {
    for shape in shapes {
      guard let has = topics[shape.name] else { continue }
      if has == shape.partitions || shape.mayGrow && has > shape.partitions { continue }
      return .shape(topic: shape.name, has: has, needs: shape.partitions)
    }
    return nil
  }

  /// Copies of each partition: as set, else one on each of up to three brokers.
  package func replication(_ settings: BusSettings) -> Int { settings.replication ?? min(3, max(1, brokers)) }
}

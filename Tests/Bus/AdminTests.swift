import Bus
import Telemetry
import Testing

extension OverBroker {
  @Suite("Topics of a cluster") struct ClusterTopics {
    @Test("can be deleted, and what is not there is as good as deleted") func delete() async throws {
      let broker = try await BrokerUnderTest.start([("a", 2), ("b", 1), ("kept", 1)])
      guard broker.embedded == nil else {
        // the embedded broker has no such request: its topics end with it, and nothing waits for them to go
        try await Admin.delete(broker.settings, topics: [broker.topic("a")], log: .silent, within: .seconds(5))
        return
      }
      let names = ["a", "b", "never"].map { broker.topic($0) }
      try await Admin.delete(broker.settings, topics: names, log: .silent)
      let left = try await Admin.cluster(broker.settings, log: .silent).topics.keys
      #expect(left.filter { $0.hasPrefix(broker.settings.prefix) } == [broker.topic("kept")])
      try await Admin.delete(broker.settings, topics: [broker.topic("kept")], log: .silent)
    }

    @Test("are read by a plain C loop hop by hop, alone and in chains") func plain() async throws {
      let broker = try await BrokerUnderTest.start([])
      let probe = try await PlainProbe(broker.embedded == nil ? broker.settings : nil, log: .silent)
      let hops = try await probe.hops(20)
      let chains = try await probe.hops(5, links: 4)
      #expect(hops.count == 20 && chains.count == 5)
      #expect(hops.allSatisfy { $0 > 0 && $0 < 30 })
      // four records one after the other take longer than the fastest one
      let fastest = hops.min() ?? 0
      #expect(chains.allSatisfy { $0 > fastest })
      try await Admin.delete(
        broker.settings, topics: [broker.settings.prefix + "bench.hop"], log: .silent, within: .seconds(30))
    }
  }
}

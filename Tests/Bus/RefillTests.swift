import Telemetry
import Testing
import Threads

@testable import Bus

extension OverBroker {
  /// `queued.min.messages` stays as it is: where it is small librdkafka waits up to a second before it fetches again.
  @Suite("What is fetched ahead", .timeLimit(.minutes(1))) struct RefillTests {
    /// How long it took to read so many, and the longest time without one.
    private static func read(
      _ count: Int, of topic: String, _ broker: BrokerUnderTest, _ properties: [(String, String)] = []
    ) async throws -> (whole: Duration, longest: Duration) {
      let times = Lock<[ContinuousClock.Instant]>([])
      let probe = Probe(onRecord: { _, _ in times.withLock { $0.append(.now) } })
      let consumer = try Consumer(
        broker.settings, client: "test-refill", subscription: .assigned([broker.partition(topic)], group: nil),
        overriding: properties, receiver: { probe }, log: Environment.log, metrics: Metrics(),
        onFatal: { Issue.record($0) })
      await eventually("\(count) are read", within: .seconds(30)) { times.withLock { $0.count } >= count }
      consumer.stop(within: .seconds(5))
      let all = times.withLock { $0 }
      let gaps = zip(all, all.dropFirst()).map { $0.duration(to: $1) }
      return (all[0].duration(to: all[count - 1]), gaps.max() ?? .zero)
    }

    @Test("is filled again before it is empty, and a setting that would have it wait a second is refused")
    func refill() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1), ("b", 1)])
      let producer = try await ConsumerTests.filled(broker, 3_000)
      let ours = try await Self.read(3_000, of: "a", broker)
      // with a small value each refill waits for a timer; a real broker has all of these in one
      for number in 0..<8 {
        _ = try await producer.send(Outgoing(topic: broker.topic("b"), key: nil, value: text("\(number)")))
      }
      let small = try await Self.read(8, of: "b", broker, [("queued.min.messages", "1")])
      print("3,000 records in \(ours.whole), at most \(ours.longest) apart; 8 one by one ahead in \(small.whole)")
      #expect(ours.longest < .milliseconds(500), "\(ours)")
      #expect(
        small.whole > .milliseconds(500) || broker.embedded == nil, "else the setting does no harm any more: \(small)")
      var settings = broker.settings
      settings.properties["queued.min.messages"] = "1000"
      #expect(throws: BusError.self) {
        try ClientProperties.consumer(settings, client: "c", subscription: .assigned([], group: nil))
      }
      producer.close(within: .seconds(5))
    }
  }
}

import Bus
import Telemetry
import Testing
import Threads

extension OverBroker {
  @Suite("A producer that is not given its id", .timeLimit(.minutes(1))) struct ProducerIDTests {
    @Test("asks for it ever more seldom, says why it is not ready, and writes once it has one") func withoutID()
      async throws
    {
      let (broker, embedded) = try BrokerUnderTest.startEmbedded([("a", 1)])
      let metrics = Metrics()
      let probe = Probe()
      let consumer = try broker.consumer([broker.partition("a")], probe)
      embedded.pushErrors(.initProducerID, Array(repeating: .clusterDenied, count: 5))
      let begun = ContinuousClock.now
      let producer = try broker.producer(metrics: metrics)
      let tally = FaultTests.send(10, to: broker.topic("a"), producer)
      await eventually("it says why nothing is written") {
        if case .denied? = producer.refusal { true } else { false }
      }
      await eventually("all are written", within: .seconds(20)) { tally.withLock { $0.acknowledged } == 10 }
      await eventually("it says no more of that") { producer.refusal == nil }
      // at once, then after 100, 200, 400 and 800 ms: a broker that refuses is not asked without end
      #expect(begun.duration(to: .now) >= .milliseconds(1_500))
      #expect(metrics.counter(FaultTests.replacedName, FaultTests.replacedHelp).value == 5)
      await eventually("in order") { probe.values == (0..<10).map { "\($0)" } }
      #expect(tally.withLock { $0.errors.isEmpty } && producer.close(within: .seconds(5)))
      consumer.stop(within: .seconds(5))
    }
  }
}

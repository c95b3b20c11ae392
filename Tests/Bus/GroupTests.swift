import Telemetry
import Testing
import Threads

@testable import Bus

extension OverBroker {
  @Suite("A consumer group on a real broker", .enabled(if: Environment.kafka != nil, "needs CONCLAVE_KAFKA"))
  struct GroupTests {
    static func member(
      _ broker: BrokerUnderTest, instance: String? = nil, session: Duration = .seconds(10), _ probe: Probe,
      metrics: Metrics = Metrics(), onFatal: @escaping @Sendable (BusError) -> Void = { _ in }
    ) throws -> Consumer {
      try Consumer(
        broker.settings, client: "member-\(instance ?? "nameless")",
        subscription: .group(
          broker.settings.prefix + "g", instance: instance, topics: [broker.topic("a")], session: session),
        receiver: { probe }, log: Environment.log, metrics: metrics, onFatal: onFatal)
    }

    static func write(_ numbers: Range<Int>, _ broker: BrokerUnderTest, _ producer: Producer) async throws {
      for number in numbers {
        _ = try await producer.send(
          Outgoing(topic: broker.topic("a"), partition: Int32(number % 4), key: nil, value: text("\(number)")))
      }
    }

    /// Commits what was read when its partitions go.
    static func committing() -> Probe {
      let next = Lock<[TopicPartition: Int64]>([:])
      return Probe(
        onRecord: { record, _ in next.withLock { $0[record.source] = record.offset + 1 } },
        onRevoked: { partitions, lost, consumer in
          if lost { return }
          let offsets = next.withLock { next in partitions.compactMap { part in next[part].map { (part, $0, "m") } } }
          if offsets.isEmpty { return }
          do throws(BusError) { try consumer.commitNow(offsets) } catch { Issue.record(error) }
        })
    }

    @Test("commits before its partitions go, and whoever gets them reads nothing twice", .timeLimit(.minutes(1)))
    func handOver() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let producer = try broker.producer()
      try await producer.warm([broker.topic("a")])
      try await Self.write(0..<40, broker, producer)
      let first = Self.committing()
      let one = try Self.member(broker, first)
      await eventually("the first member has all") { first.count == 40 }
      #expect(first.seen.withLock { $0.story.first } == "assigned 4")
      let second = Self.committing()
      let two = try Self.member(broker, second)
      await eventually("they share", within: .seconds(20)) {
        first.seen.withLock { $0.story.last } == "assigned 2" && second.seen.withLock { $0.story.last } == "assigned 2"
      }
      let story = first.seen.withLock { $0.story.filter { !$0.hasPrefix("record") } }
      #expect(story.prefix(3) == ["assigned 4", "revoked 4", "assigned 2"])
      #expect(second.seen.withLock { $0.assigned[0].map(\.committed) } == [10, 10])
      #expect(second.seen.withLock { $0.assigned[0].map(\.metadata) } == ["m", "m"])
      await eventually("both are connected") { one.isConnected && two.isConnected }
      try await Self.write(40..<80, broker, producer)
      await eventually("all came") { first.count + second.count >= 80 }
      // the second leaves, and the first goes on where it was
      two.stop(within: .seconds(5))
      await eventually("the first has all again", within: .seconds(20)) {
        first.seen.withLock { $0.story.last } == "assigned 4"
      }
      try await Self.write(80..<120, broker, producer)
      await eventually("all came") { first.count + second.count >= 120 }
      let values = (first.values + second.values).compactMap { Int($0) }
      #expect(values.sorted() == Array(0..<120))
      let epochs = first.seen.withLock { $0.assigned.flatMap { $0.map(\.epoch) } }
      #expect(epochs == epochs.sorted() && Set(epochs).count >= 3)
      one.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("a named member that comes back within its session moves nothing", .timeLimit(.minutes(1)))
    func staticMember() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let producer = try broker.producer()
      try await producer.warm([broker.topic("a")])
      let first = Self.committing()
      let one = try Self.member(broker, instance: "one", session: .seconds(30), first)
      await eventually("the first has joined", within: .seconds(20)) { one.isConnected }
      let second = Self.committing()
      let two = try Self.member(broker, instance: "two", session: .seconds(30), second)
      await eventually("they share", within: .seconds(20)) {
        first.seen.withLock { $0.story.last } == "assigned 2" && second.seen.withLock { $0.story.last } == "assigned 2"
      }
      two.stop(within: .seconds(5))
      let again = Self.committing()
      let begin = ContinuousClock.now
      let three = try Self.member(broker, instance: "two", session: .seconds(30), again)
      await eventually("it has its partitions again") { three.isConnected }
      #expect(begin.duration(to: .now) < .seconds(3))
      #expect(again.seen.withLock { $0.assigned.last?.count } == 2)
      #expect(
        first.seen.withLock { $0.story.filter { $0.hasPrefix("revoked") }.count } == 1, "the other was left alone")
      one.stop(within: .seconds(5))
      three.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("two processes of one name: the later one ends and names the setting", .timeLimit(.minutes(2)))
    func sameName() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let producer = try broker.producer()
      try await producer.warm([broker.topic("a")])
      let metrics = Metrics()
      let fatal = Lock<[String]>([])
      let first = Self.committing()
      let one = try Self.member(broker, instance: "same", session: .seconds(6), first, metrics: metrics) { error in
        fatal.withLock { $0.append("earlier: \(error)") }
      }
      await eventually("the first has joined", within: .seconds(20)) { one.isConnected }
      // the earlier one has lived for longer than its session
      let until = ContinuousClock.now + .seconds(7)
      await eventually("a session passes") { until < .now }
      let second = Self.committing()
      let two = try Self.member(broker, instance: "same", session: .seconds(6), second, metrics: metrics) { error in
        fatal.withLock { $0.append("later: \(error)") }
      }
      await eventually("one of them ends", within: .seconds(30)) { !fatal.withLock { $0.isEmpty } }
      #expect(fatal.withLock { $0.count } == 1)
      #expect(fatal.withLock { $0.first?.hasPrefix("later: ") } == true)
      #expect(fatal.withLock { $0.first?.contains("CONCLAVE_INSTANCE") } == true)
      // the earlier one was fenced once, was replaced while running, and works
      await eventually("the earlier one is back", within: .seconds(20)) { one.isConnected }
      let before = first.count
      try await Self.write(0..<8, broker, producer)
      await eventually("it reads") { first.count >= before + 8 }
      #expect(first.seen.withLock { $0.revoked.contains { $0.lost } })
      #expect(
        metrics.counter(
          "conclave_bus_consumers_replaced_total", "Consumer handles thrown away after a fatal error.",
          [("client", "member-same")]
        ).value >= 1)
      two.stop(within: .seconds(5))
      one.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test(
      "a named member that lost its session is told so, takes its partitions again and commits",
      .timeLimit(.minutes(2)))
    func lostSession() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let producer = try broker.producer()
      try await producer.warm([broker.topic("a")])
      let probe = Probe()
      let subscription = Subscription.group(
        broker.settings.prefix + "g", instance: "late", topics: [broker.topic("a")], session: .seconds(6))
      // what keeps a session comes so seldom that it runs out each time
      let consumer = try Consumer(
        broker.settings, client: "late", subscription: subscription, overriding: [("heartbeat.interval.ms", "9000")],
        receiver: { probe }, log: Environment.log, metrics: Metrics(), onFatal: { Issue.record($0) })
      await eventually("it has joined", within: .seconds(20)) { probe.seen.withLock { !$0.assigned.isEmpty } }
      try await Self.write(0..<8, broker, producer)
      await eventually("it reads") { Set(probe.values).count == 8 }
      await eventually("it is told that they are lost, and has them again", within: .seconds(60)) {
        probe.seen.withLock { $0.revoked.contains { $0.lost } && $0.story.last?.hasPrefix("lost") == false }
      }
      try await Self.write(8..<16, broker, producer)
      await eventually("it reads on", within: .seconds(30)) { Set(probe.values).count == 16 }
      let committed = Lock(false)
      let partition = broker.partition("a", 1)
      await eventually("it commits", within: .seconds(30)) {
        consumer.perform { consumer in
          consumer.commit([(partition, 1, "m")]) { result in
            if case .success = result { committed.withLock { $0 = true } }
          }
        }
        return committed.withLock { $0 }
      }
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test(
      "a member whose work is slow, or that is paused, is not put out of the group for want of polling",
      .timeLimit(.minutes(1)))
    func slowWork() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let producer = try broker.producer()
      try await producer.warm([broker.topic("a")])
      try await Self.write(0..<8, broker, producer)
      // the receiver takes what it has got somewhere else, and wants nothing more until that is done
      let probe = Probe(onRecord: { record, consumer in consumer.pause(record.source) })
      let subscription = Subscription.group(
        broker.settings.prefix + "g", instance: nil, topics: [broker.topic("a")], session: .seconds(6))
      let consumer = try Consumer(
        broker.settings, client: "slow", subscription: subscription, overriding: [("max.poll.interval.ms", "6000")],
        receiver: { probe }, log: Environment.log, metrics: Metrics(), onFatal: { Issue.record($0) })
      await eventually("it has one of each", within: .seconds(20)) { probe.count == 4 }
      let until = ContinuousClock.now + .seconds(15)
      await eventually("more than two intervals pass", within: .seconds(20)) { until < .now }
      #expect(probe.seen.withLock { $0.story.filter { !$0.hasPrefix("record") } } == ["assigned 4"])
      #expect(consumer.isConnected)
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("a record for a topic that is made a little later is written then", .timeLimit(.minutes(1)))
    func lateTopic() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let producer = try broker.producer()
      let topic = broker.topic("late")
      let results = Lock<[Result<Position, BusError>]>([])
      for partition in [nil, 1] as [Int32?] {
        producer.send(Outgoing(topic: topic, partition: partition, key: text("k"), value: text("v"))) { result in
          results.withLock { $0.append(result) }
        }
      }
      let until = ContinuousClock.now + .seconds(2)
      await eventually("it is not there for a while") { until < .now }
      #expect(results.withLock { $0.isEmpty })
      let shape = TopicShape(name: topic, partitions: 4, retention: nil)
      try await Admin.create(broker.settings, shapes: [shape], log: .silent, within: .seconds(10))
      await eventually("both are written", within: .seconds(15)) { results.withLock { $0.count } == 2 }
      #expect(results.withLock { $0.allSatisfy { (try? $0.get()) != nil } })
      producer.close(within: .seconds(5))
    }

    @Test("a topic that nobody makes is an error to who warms it, after half a minute", .timeLimit(.minutes(1)))
    func noTopic() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try broker.producer()
      let topic = broker.topic("never")
      let begun = ContinuousClock.now
      await #expect(throws: BusError.unknownTopic(topic)) { try await producer.warm([topic]) }
      #expect(begun.duration(to: .now) >= Tuning.unknownTopicGrace)
      producer.close(within: .seconds(5))
    }

    @Test("a topic of another shape is an error that names it", .timeLimit(.minutes(1))) func shape() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let shape = TopicShape(name: broker.topic("a"), partitions: 12, retention: nil)
      await #expect(throws: BusError.shape(topic: shape.name, has: 4, needs: 12)) {
        try await Admin.create(broker.settings, shapes: [shape], log: .silent, within: .seconds(10))
      }
      // twice is once
      let same = TopicShape(name: broker.topic("a"), partitions: 4, retention: nil)
      try await Admin.create(broker.settings, shapes: [same], log: .silent, within: .seconds(10))
      try await Admin.check(broker.settings, shapes: [same], log: .silent, within: .seconds(10))
    }

    @Test("all of the contract's topics are made, by several at once", .timeLimit(.minutes(1))) func create()
      async throws
    {
      var settings = try await BrokerUnderTest.start([("a", 1)]).settings
      settings.lanes = ["default", "slow"]
      let all = settings
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { try await Admin.prepare(all, log: .silent, within: .seconds(30)) } }
        try await group.waitForAll()
      }
      let cluster = try await Admin.cluster(settings, log: .silent)
      for shape in Topics(settings).all { #expect(cluster.topics[shape.name] == shape.partitions) }
    }
  }
}

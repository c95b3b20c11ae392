import Bus
import Telemetry
import Testing
import Threads

extension OverBroker {
  @Suite(
    "When a real broker dies", .serialized, .enabled(if: RealKafka.isOffered, "needs CONCLAVE_KAFKA and a node to kill")
  )
  struct BrokerFailureTests {
    @Test(
      "kills and a freeze lose nothing, and work goes on at once", .timeLimit(.minutes(4)),
      arguments: [nil, "named"] as [String?])
    func longSession(_ instance: String?) async throws {
      let kafka = try RealKafka()
      defer { #expect(throws: Never.self) { try kafka.end() } }
      try await Self.stream(kafka, instance: instance, session: .seconds(30)) { stream in
        for _ in 0..<2 {
          let killed = ContinuousClock.now
          try kafka.kill()
          await eventually("the consumer knows", within: .seconds(10)) { !stream.consumer.isConnected }
          try kafka.start()
          // a machine so busy that the node was away for a session has cost the member its place
          let outage = killed.duration(to: .now)
          await stream.readsOn(within: outage < .seconds(25) ? .seconds(10) : .seconds(60))
          await eventually("the consumer knows", within: .seconds(20)) { stream.consumer.isConnected }
        }
        try kafka.freeze()
        let until = ContinuousClock.now + .seconds(12)
        await eventually("it stays frozen", within: .seconds(13)) { until < .now }
        try kafka.thaw()
        await stream.readsOn(within: .seconds(20))
      }
    }

    @Test(
      "a session that is lost with the broker costs a named member nothing but a new handle", .timeLimit(.minutes(4)))
    func lostSession() async throws {
      let kafka = try RealKafka()
      defer { #expect(throws: Never.self) { try kafka.end() } }
      try await Self.stream(kafka, instance: "named", session: .seconds(3)) { stream in
        try kafka.kill()
        let until = ContinuousClock.now + .seconds(6)
        await eventually("longer than the session") { until < .now }
        try kafka.start()
        await stream.readsOn(within: .seconds(20))
        try kafka.freeze()
        let thawed = ContinuousClock.now + .seconds(8)
        await eventually("longer than the session") { thawed < .now }
        try kafka.thaw()
        await stream.readsOn(within: .seconds(20))
      }
    }

    @Test("a broker that lets nobody leave holds up no receiver", .timeLimit(.minutes(2))) func release() async throws {
      let kafka = try RealKafka()
      defer { #expect(throws: Never.self) { try kafka.end() } }
      let settings = BusSettings(
        bootstrap: kafka.bootstrap, kind: .kafka, prefix: "test.\(UInt32.random(in: 0 ..< .max)).")
      let topic = settings.prefix + "a"
      try await Admin.create(
        settings, shapes: [TopicShape(name: topic, partitions: 4, retention: nil)], log: .silent, within: .seconds(30))
      let stream = try Stream(settings, topic, instance: nil, session: .seconds(10))
      await eventually("the consumer has joined", within: .seconds(30)) { stream.consumer.isConnected }
      try kafka.freeze()
      let begun = ContinuousClock.now
      #expect(stream.consumer.release(within: .seconds(3)))
      #expect(begun.duration(to: .now) < .seconds(1))
      #expect(stream.probe.seen.withLock { $0.story.last } == "revoked 4")
      stream.consumer.stop(within: .seconds(1))
      let stopped = begun.duration(to: .now)
      #expect(stopped > .milliseconds(900), "else nothing was held up: \(stopped)")
      try kafka.thaw()
    }

    /// A steady stream through the bus while `fault` happens: what was acknowledged, and what was read.
    static func stream(
      _ kafka: RealKafka, instance: String?, session: Duration, during fault: (Stream) async throws -> Void
    ) async throws {
      let settings = BusSettings(
        bootstrap: kafka.bootstrap, kind: .kafka, prefix: "test.\(UInt32.random(in: 0 ..< .max)).")
      let topic = settings.prefix + "a"
      try await Admin.create(
        settings, shapes: [TopicShape(name: topic, partitions: 4, retention: nil)], log: .silent, within: .seconds(30))
      let stream = try Stream(settings, topic, instance: instance, session: session)
      try await stream.producer.warm([topic])
      await eventually("the consumer has joined", within: .seconds(30)) { stream.consumer.isConnected }
      stream.begin()
      // a node that dies within a second of making topics may lose them, and what was acknowledged with them
      let settled = ContinuousClock.now + .seconds(20)
      await eventually("the topics are settled", within: .seconds(30)) { settled < .now }
      try await fault(stream)
      let sent = await stream.end()
      await eventually("all are acknowledged", within: .seconds(30)) { stream.acknowledged.withLock { $0 } == sent }
      await eventually("all are read", within: .seconds(30)) { Set(stream.probe.values).count == sent }
      #expect(stream.failed.withLock { $0.isEmpty })
      #expect(stream.producer.close(within: .seconds(5)))
      stream.consumer.stop(within: .seconds(5))
    }

    /// Writes a record every few milliseconds and remembers when the last was acknowledged and read.
    final class Stream: Sendable {
      let producer: Producer
      let consumer: Consumer
      let probe: Probe
      let metrics = Metrics()
      let acknowledged = Lock(0)
      let failed = Lock<[BusError]>([])
      let lastRead: Lock<ContinuousClock.Instant>
      private let task = Lock<Task<Int, Never>?>(nil)
      private let topic: String

      init(_ settings: BusSettings, _ topic: String, instance: String?, session: Duration) throws {
        self.topic = topic
        let lastRead = Lock(ContinuousClock.now)
        self.lastRead = lastRead
        let next = Lock<[TopicPartition: Int64]>([:])
        let probe = Probe(
          onRecord: { record, _ in
            next.withLock { $0[record.source] = record.offset + 1 }
            lastRead.withLock { $0 = .now }
          },
          onTurn: { consumer in
            let offsets = next.withLock { offsets in
              defer { offsets = [:] }
              return offsets.map { ($0, $1, "") }
            }
            if !offsets.isEmpty { consumer.commit(offsets) { _ in } }
            return nil
          })
        self.probe = probe
        producer = try Producer(settings, client: "stream", log: Environment.log, metrics: metrics)
        consumer = try Consumer(
          settings, client: "stream",
          subscription: .group(settings.prefix + "g", instance: instance, topics: [topic], session: session),
          receiver: { probe }, log: Environment.log, metrics: metrics)
      }

      func begin() {
        let task = Task { [self] in
          var number = 0
          while !Task.isCancelled {
            producer.send(Outgoing(topic: topic, partition: Int32(number % 4), key: nil, value: text("\(number)"))) {
              result in
              switch result {
              case .success: self.acknowledged.withLock { $0 += 1 }
              case .failure(let error): self.failed.withLock { $0.append(error) }
              }
            }
            number += 1
            // a steady stream, not a wait
            await pace(.milliseconds(4))
          }
          return number
        }
        self.task.withLock { $0 = task }
      }

      /// How many were sent in all.
      func end() async -> Int {
        let task = task.withLock { $0 }
        task?.cancel()
        return await task?.value ?? 0
      }

      /// Reading goes on, with records that come after now.
      func readsOn(within limit: Duration) async {
        let begin = ContinuousClock.now
        await eventually("reading goes on", within: limit) { lastRead.withLock { $0 } > begin }
        Environment.log.info("reads.on", ("seconds", begin.duration(to: .now)))
      }
    }
  }
}

import Bus
import Telemetry
import Testing
import Threads

extension OverBroker {
  @Suite("A record's way", .timeLimit(.minutes(1))) struct HopTests {
    @Test("goes from a producer to a consumer as it was") func roundTrip() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let probe = Probe()
      let consumer = try broker.consumer([broker.partition("a")], probe)
      let producer = try broker.producer()
      try await producer.warm([broker.topic("a")])
      #expect(producer.partitions(of: broker.topic("a")) == 1)
      let empty: [UInt8] = []
      let all: [UInt8] = Array(0...255)
      let headers = [
        Header("ce_id", "1"), Header("empty", ""), Header("absent", nil), Header("ce_id", "again"),
        Header("binary", all),
        Header("", "no name"), Header("ünïcode 🌍", "ü"), Header(String(repeating: "n", count: 5000), "long"),
      ]
      let sent: [(key: [UInt8]?, value: [UInt8]?, headers: [Header])] = [
        (text("k"), text("v"), headers), (nil, text("no key"), []), (text("no value"), nil, []), (nil, nil, headers),
        (empty, empty, []), (all, all + [0, 0, 0], [Header("a", nil)]),
      ]
      for (offset, record) in sent.enumerated() {
        let position = try await producer.send(
          Outgoing(topic: broker.topic("a"), key: record.key, value: record.value, headers: record.headers))
        #expect(position == Position(partition: 0, offset: Int64(offset)))
      }
      await eventually("all records came") { probe.count == sent.count }
      for (record, sent) in zip(probe.records, sent) {
        #expect(record.key == sent.key)
        #expect(record.value == sent.value)
        #expect(record.headers == sent.headers)
      }
      #expect(producer.close(within: .seconds(5)))
      consumer.stop(within: .seconds(5))
    }

    @Test("keeps the order of each partition with thousands under way") func order() async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let probe = Probe()
      let metrics = Metrics()
      let consumer = try broker.consumer((0..<4).map { broker.partition("a", $0) }, probe, metrics: metrics)
      let producer = try broker.producer(metrics: metrics)
      try await producer.warm([broker.topic("a")])
      let acknowledged = Lock<[Result<Position, BusError>]>([])
      let count = 20_000
      for number in 0..<count {
        producer.send(
          Outgoing(topic: broker.topic("a"), partition: Int32(number % 4), key: nil, value: text("\(number)"))
        ) { result in acknowledged.withLock { $0.append(result) } }
      }
      #expect(producer.inFlight > 0)
      await eventually("all are acknowledged and read", within: .seconds(30)) {
        acknowledged.withLock { $0.count } == count && probe.count == count
      }
      #expect(acknowledged.withLock { $0.allSatisfy { (try? $0.get()) != nil } })
      #expect(producer.inFlight == 0)
      for partition in Int32(0)..<4 {
        let read = probe.records.filter { $0.partition == partition }.map {
          String(decoding: $0.value ?? [], as: UTF8.self)
        }
        #expect(read == stride(from: Int(partition), to: count, by: 4).map { "\($0)" })
      }
      producer.close(within: .seconds(5))
      consumer.stop(within: .seconds(5))
      let text = metrics.render()
      #expect(text.contains("conclave_bus_produced_records_total{topic=\"\(broker.topic("a"))\"} 20000"))
      #expect(text.contains("conclave_bus_consumed_records_total{topic=\"\(broker.topic("a"))\"} 20000"))
    }

    @Test("begins at once when its topic was warmed") func warm() async throws {
      let names = ["a", "b", "c", "d", "e"]
      let broker = try await BrokerUnderTest.start(names.map { ($0, 3) })
      var waits: [Duration] = []
      for name in names {
        let producer = try broker.producer()
        try await producer.warm([broker.topic(name)])
        let begin = ContinuousClock.now
        _ = try await producer.send(Outgoing(topic: broker.topic(name), key: text("k"), value: text("v")))
        waits.append(begin.duration(to: .now))
        producer.close(within: .seconds(5))
      }
      // unwarmed each is 100 to 1,000 ms; the best of them, as the machine may be busy
      #expect(waits.min() ?? .zero < .milliseconds(60), "\(waits)")
    }

    @Test(
      "ends before it begins where a partition does not exist",
      arguments: [4, 1_000_000, .max, -1, -7, .min] as [Int32])
    func badPartition(_ partition: Int32) async throws {
      let broker = try await BrokerUnderTest.start([("a", 4)])
      let producer = try broker.producer()
      let headers = [Header("x", "y")]
      for isWarm in [false, true] {
        await #expect(throws: BusError.noSuchPartition(topic: broker.topic("a"), partition: partition, has: 4)) {
          _ = try await producer.send(
            Outgoing(topic: broker.topic("a"), partition: partition, key: nil, value: text("v"), headers: headers))
        }
        // what stands behind it goes on
        _ = try await producer.send(Outgoing(topic: broker.topic("a"), partition: 3, key: nil, value: text("v")))
        if !isWarm { try await producer.warm([broker.topic("a")]) }
      }
      #expect(producer.close(within: .seconds(5)))
    }

    @Test("ends before it begins where the record is too large") func tooLarge() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try broker.producer()
      let topic = broker.topic("a")
      await #expect(throws: BusError.tooLarge(topic: topic, bytes: 1_000_001, limit: 1_000_000)) {
        _ = try await producer.send(Outgoing(topic: topic, key: [1], value: [UInt8](repeating: 0, count: 1_000_000)))
      }
      let largest = Outgoing(
        topic: topic, key: [1], value: [UInt8](repeating: 0, count: 999_000),
        headers: [Header("a", [UInt8](repeating: 1, count: 998))])
      #expect(largest.size == 1_000_000)
      _ = try await producer.send(largest)
      producer.close(within: .seconds(5))
    }

    @Test("ends in dead-letters whatever the record was") func deadLetter() async throws {
      let broker = try await BrokerUnderTest.start([("dead-letters", 3)])
      let producer = try broker.producer()
      let big = [UInt8](repeating: 7, count: 1_000_000)
      let headers = (0..<100_000).map { Header("h", "\($0)") }
      for record in [
        Record(topic: "t", partition: 0, offset: 1, timestamp: 0, key: nil, value: big, headers: []),
        Record(topic: "t", partition: 0, offset: 2, timestamp: 0, key: big, value: nil, headers: []),
        Record(topic: "t", partition: 0, offset: 3, timestamp: 0, key: nil, value: nil, headers: headers),
        Record(topic: "t", partition: 0, offset: 4, timestamp: 0, key: big, value: big, headers: headers),
      ] {
        let letter = DeadLetter.record(
          for: record, reason: "a test", group: "g", topics: Topics(broker.settings), limit: broker.settings.recordBytes
        )
        _ = try await producer.send(letter)
      }
      producer.close(within: .seconds(5))
    }

    @Test("ends with an error when the producer is closed") func closed() async throws {
      let producer = try Producer(
        BusSettings(bootstrap: "127.0.0.1:1", kind: .kafka), client: "t", log: .silent, metrics: Metrics())
      let results = Lock<[Result<Position, BusError>]>([])
      for _ in 0..<3 {
        producer.send(Outgoing(topic: "t", key: nil, value: [1])) { result in results.withLock { $0.append(result) } }
      }
      let begin = ContinuousClock.now
      #expect(!producer.close(within: .milliseconds(300)))
      #expect(begin.duration(to: .now) < .seconds(2))
      #expect(results.withLock { $0 } == [.failure(.closed), .failure(.closed), .failure(.closed)])
      await #expect(throws: BusError.closed) { _ = try await producer.send(Outgoing(topic: "t", key: nil, value: [1])) }
      await #expect(throws: BusError.closed) { try await producer.warm(["t"]) }
    }
  }
}

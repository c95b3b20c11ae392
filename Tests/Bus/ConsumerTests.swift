import Bus
import Telemetry
import Testing
import Threads
import Waiting

extension OverBroker {
  @Suite("A consumer", .timeLimit(.minutes(1))) struct ConsumerTests {
    /// A producer that has written so many records to partition 0 of topic `a`.
    static func filled(_ broker: BrokerUnderTest, _ count: Int) async throws -> Producer {
      let producer = try broker.producer()
      try await producer.warm([broker.topic("a")])
      let left = Lock(count)
      for number in 0..<count {
        producer.send(Outgoing(topic: broker.topic("a"), partition: 0, key: nil, value: text("\(number)"))) { _ in
          left.withLock { $0 -= 1 }
        }
      }
      await eventually("all are written") { left.withLock { $0 } == 0 }
      return producer
    }

    @Test("wakes a paused partition in less than 20 ms, at the offset that was asked for") func resume() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try await Self.filled(broker, 100)
      let partition = broker.partition("a")
      let began = Lock<ContinuousClock.Instant?>(nil)
      let waits = Lock<[Duration]>([])
      let probe = Probe(onRecord: { record, consumer in
        if let began = began.withLock({ at in
          defer { at = nil }
          return at
        }) {
          waits.withLock { $0.append(began.duration(to: .now)) }
        }
        // the receiver is full at every tenth
        if record.offset % 10 == 9 { consumer.pause(partition) }
      })
      let consumer = try broker.consumer([partition], probe)
      for round in 1...9 {
        await eventually("ten more came") { probe.count == round * 10 }
        // a fetch that was under way for the end of the log has come back, which it does by itself
        let settled = ContinuousClock.now + .milliseconds(150)
        await eventually("the fetch is over") { settled < .now }
        consumer.perform { consumer in
          began.withLock { $0 = .now }
          consumer.resume(partition, at: Int64(round * 10))
        }
      }
      await eventually("all came") { probe.count == 100 }
      #expect(probe.records.map(\.offset) == Array(0..<100))
      let sorted = waits.withLock { $0.sorted() }
      #expect(sorted.count == 9)
      // without a seek each is 600 to 900 ms
      print("a paused partition delivers again after \(sorted[4]), the median of nine from \(sorted[0])")
      #expect(sorted[4] < .milliseconds(20), "the median of \(sorted)")
      #expect(sorted[0] < .milliseconds(broker.embedded == nil ? 10 : 5), "the best of \(sorted)")
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("is told where a partition ends when that is not behind the record that it read last") func tellsOfEnds()
      async throws
    {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try await Self.filled(broker, 3)
      let probe = Probe(onAssigned: { assignments, _ in [assignments[0].partition: .end] })
      let consumer = try broker.consumer([broker.partition("a")], probe)
      await eventually("it is there") { !probe.seen.withLock { $0.ends.isEmpty } }
      _ = try await producer.send(Outgoing(topic: broker.topic("a"), partition: 0, key: nil, value: text("3")))
      await eventually("the next came") { probe.values == ["3"] }
      #expect(probe.seen.withLock { $0.ends.map(\.1) } == [3])
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("shows how much waits in a partition that is paused") func unread() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try await Self.filled(broker, 10)
      let partition = broker.partition("a")
      let metrics = Metrics()
      let probe = Probe(onRecord: { record, consumer in if record.offset == 4 { consumer.pause(partition) } })
      let consumer = try broker.consumer([partition], probe, metrics: metrics)
      await eventually("it is paused") { probe.count == 5 }
      for number in 10..<50 {
        _ = try await producer.send(
          Outgoing(topic: broker.topic("a"), partition: 0, key: nil, value: text("\(number)")))
      }
      await eventually("what waits is shown") {
        metrics.render().split(separator: "\n").contains {
          $0.hasPrefix("conclave_bus_unread_records{") && $0.hasSuffix("} 45")
        }
      }
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("hands over nothing of a partition that is paused") func paused() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let partition = broker.partition("a")
      let probe = Probe(onRecord: { record, consumer in if record.offset == 0 { consumer.pause(partition) } })
      let consumer = try broker.consumer([partition], probe)
      let producer = try await Self.filled(broker, 50)
      await eventually("the first came") { probe.count == 1 }
      let asked = Lock(0)
      for _ in 0..<50 {
        consumer.perform { _ in asked.withLock { $0 += 1 } }
        _ = try await producer.send(Outgoing(topic: broker.topic("a"), partition: 0, key: nil, value: text("later")))
      }
      await eventually("the loop goes round") { asked.withLock { $0 } == 50 }
      #expect(probe.count == 1)
      consumer.perform { $0.resume(partition, at: 1) }
      await eventually("the rest came") { probe.count == 100 }
      #expect(probe.records.map(\.offset) == Array(0..<100))
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("runs what other threads ask within milliseconds, and loses none of it") func perform() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let probe = Probe()
      let consumer = try broker.consumer([broker.partition("a")], probe)
      await eventually("it is connected") { consumer.isConnected }
      let waits = Lock<[Duration]>([])
      for round in 0..<200 {
        let begin = ContinuousClock.now
        consumer.perform { _ in waits.withLock { $0.append(begin.duration(to: .now)) } }
        await eventually("round \(round)") { waits.withLock { $0.count } == round + 1 }
      }
      let sorted = waits.withLock { $0.sorted() }
      #expect(sorted[100] < .milliseconds(5), "the median")
      #expect(sorted[199] < .milliseconds(200), "none waited for the poll to time out")
      let ran = Lock(0)
      let threads = (0..<4).map { _ in
        NamedThread.start("asks") { for _ in 0..<2_000 { consumer.perform { _ in ran.withLock { $0 += 1 } } } }
      }
      for thread in threads { thread.join() }
      await eventually("all ran") { ran.withLock { $0 } == 8_000 }
      consumer.stop(within: .seconds(5))
    }

    @Test("gives its receiver a turn when the time that it named is over, and not before") func turns() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let times = Lock<[ContinuousClock.Instant]>([])
      let probe = Probe(onTurn: { _ in
        times.withLock { $0.append(.now) }
        return .milliseconds(40)
      })
      let consumer = try broker.consumer([broker.partition("a")], probe)
      await eventually("it is connected") { consumer.isConnected }
      let begin = ContinuousClock.now
      await eventually("ten turns") { times.withLock { $0.filter { $0 > begin }.count } >= 10 }
      let turns = times.withLock { $0.filter { $0 > begin } }
      let waits = zip(turns, turns.dropFirst()).map { $0.duration(to: $1) }.sorted()
      #expect(begin.duration(to: turns[9]) > .milliseconds(320))
      // most of them, as others have the cores as well
      #expect(waits[waits.count / 2] < .milliseconds(90), "\(waits)")
      consumer.stop(within: .seconds(5))
    }

    @Test("without a wish gives no turns while nothing happens") func quiet() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let probe = Probe()
      let consumer = try broker.consumer([broker.partition("a")], probe)
      let producer = try await Self.filled(broker, 1)
      await eventually("the record came") { probe.count == 1 }
      let before = probe.seen.withLock { $0.turns }
      // several of the loop's own rounds pass
      let until = ContinuousClock.now + .milliseconds(700)
      await eventually("time passes") { until < .now }
      #expect(probe.seen.withLock { $0.turns } - before <= 2)
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test(
      "starts where its receiver says",
      arguments: [(StartAt.beginning, 5), (.end, 0), (.offset(3), 2), (.committed, 5)])
    func starts(_ start: StartAt, _ expected: Int) async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try await Self.filled(broker, 5)
      let partition = broker.partition("a")
      let probe = Probe(onAssigned: { _, _ in [partition: start] })
      let consumer = try broker.consumer([partition], probe)
      await eventually("it is connected") { consumer.isConnected }
      if start == .end {
        // the end is looked up after the assignment: write until one is seen, which must be among the new
        var written = 5
        var patience = Patience(.seconds(10))
        while probe.count == 0, !patience.isOver() {
          _ = try await producer.send(
            Outgoing(topic: broker.topic("a"), partition: 0, key: nil, value: text("\(written)")))
          written += 1
          await pace(.milliseconds(1))
        }
        #expect(try #require(probe.records.first).offset >= 5)
      } else {
        await eventually("the rest came") { probe.count == expected }
        #expect(probe.records.map(\.offset) == Array(Int64(5 - expected)..<5))
      }
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("finds its committed offset and text again") func commits() async throws {
      let broker = try await BrokerUnderTest.start([("a", 2)])
      let producer = try await Self.filled(broker, 10)
      let partition = broker.partition("a")
      let other = broker.partition("a", 1)
      var map = OffsetMap(base: 4)
      for offset in [4, 5, 6, 7] as [Int64] { _ = map.begin(offset) }
      map.finish(6)
      let encoded = try #require(map.encode())
      let answers = Lock<[Result<Void, BusError>]>([])
      let first = Probe()
      var consumer = try broker.consumer([partition, other], group: "g", first)
      await eventually("it is connected") { consumer.isConnected }
      #expect(first.seen.withLock { $0.assigned.first?.map(\.committed) } == [nil, nil])
      consumer.perform { consumer in
        consumer.commit([(partition, encoded.offset, encoded.metadata)]) { result in
          answers.withLock { $0.append(result) }
        }
      }
      await eventually("the commit was answered", within: .seconds(2)) { answers.withLock { $0.count } == 1 }
      var waits: [Duration] = []
      for round in 2...6 {
        let begin = ContinuousClock.now
        consumer.perform { consumer in
          consumer.commit([(partition, encoded.offset, encoded.metadata)]) { result in
            answers.withLock { $0.append(result) }
          }
        }
        await eventually("the next commit was answered") { answers.withLock { $0.count } == round }
        waits.append(begin.duration(to: .now))
      }
      #expect(waits.min() ?? .zero < .milliseconds(150), "an answer does not wait for a poll to end: \(waits)")
      #expect(answers.withLock { $0.allSatisfy { (try? $0.get()) != nil } })
      consumer.stop(within: .seconds(5))

      let second = Probe()
      consumer = try broker.consumer([partition, other], group: "g", second)
      await eventually("the rest came") { second.count == 6 }
      let assigned = try #require(second.seen.withLock { $0.assigned.first })
      #expect(assigned.map(\.committed) == [4, nil])
      #expect(assigned[0].metadata == encoded.metadata)
      #expect(OffsetMap(assigned[0]).isFinished(6))
      #expect(second.records.map(\.offset) == [4, 5, 6, 7, 8, 9])
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("refuses a commit that would be lost or could break the connection") func refusedCommits() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let partition = broker.partition("a")
      let stranger = TopicPartition(topic: broker.topic("a"), partition: 9)
      let errors = Lock<[BusError]>([])
      let probe = Probe()
      let consumer = try broker.consumer([partition], group: "g", probe)
      await eventually("it is connected") { consumer.isConnected }
      let long = String(repeating: "a", count: 4_097)
      consumer.perform { consumer in
        let keep: (Result<Void, BusError>) -> Void = { result in
          if case .failure(let error) = result { errors.withLock { $0.append(error) } }
        }
        consumer.commit([(partition, 0, long)], keep)
        consumer.commit([(stranger, 0, "")], keep)
        do throws(BusError) { try consumer.commitNow([(partition, 0, long)]) } catch { keep(.failure(error)) }
      }
      await eventually("all three were refused") { errors.withLock { $0.count } == 3 }
      let tooLong = BusError.metadataTooLong(partition, characters: 4_097)
      #expect(Set(errors.withLock { $0 }.map { "\($0)" }) == Set(["\(tooLong)", "\(BusError.notAssigned(stranger))"]))
      consumer.stop(within: .seconds(5))
    }

    @Test("commits while its partitions are still held when it stops") func stop() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try await Self.filled(broker, 3)
      let partition = broker.partition("a")
      let failure = Lock<BusError?>(nil)
      let probe = Probe(onRevoked: { partitions, lost, consumer in
        do throws(BusError) { try consumer.commitNow([(partition, 3, "bye")]) } catch {
          failure.withLock { $0 = error }
        }
      })
      let consumer = try broker.consumer([partition], group: "g", probe)
      await eventually("all came") { probe.count == 3 }
      consumer.stop(within: .seconds(5))
      #expect(failure.withLock { $0 } == nil)
      #expect(probe.seen.withLock { $0.story } == ["assigned 1", "record 0", "record 1", "record 2", "revoked 1"])
      #expect(!consumer.isConnected)
      let next = Probe()
      let again = try broker.consumer([partition], group: "g", next)
      await eventually("it is connected") { again.isConnected }
      #expect(next.seen.withLock { $0.assigned.first?.first?.committed } == 3)
      #expect(next.seen.withLock { $0.assigned.first?.first?.metadata } == "bye")
      again.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }

    @Test("knows the ends of a partition and seeks") func ends() async throws {
      let broker = try await BrokerUnderTest.start([("a", 1)])
      let producer = try await Self.filled(broker, 7)
      let partition = broker.partition("a")
      let probe = Probe()
      let consumer = try broker.consumer([partition], probe)
      await eventually("all came") { probe.count == 7 }
      let ends = Lock<[Int64]>([])
      let byTime = Lock<[Int64?]>([])
      consumer.perform { consumer in
        do throws(BusError) {
          let (low, high) = try consumer.ends(partition)
          ends.withLock { $0 = [low, high] }
          let first = try consumer.offset(partition, atTime: 1)
          let none = try consumer.offset(partition, atTime: 32_503_680_000_000)
          byTime.withLock { $0 = [first, none] }
        } catch {
          Issue.record(error)
        }
        consumer.seek(partition, .offset(5))
      }
      await eventually("the last two came again") { probe.count == 9 }
      #expect(ends.withLock { $0 } == [0, 7])
      #expect(byTime.withLock { $0 } == (broker.embedded == nil ? [0, nil] : [nil, nil]))
      #expect(probe.records.suffix(2).map(\.offset) == [5, 6])
      consumer.stop(within: .seconds(5))
      producer.close(within: .seconds(5))
    }
  }
}

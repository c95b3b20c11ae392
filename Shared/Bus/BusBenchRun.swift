internal import Telemetry
internal import Threads

/// One run of the benchmark.
final class BusBenchRun: Sendable {
  private let settings: BusSettings
  private let payload: [UInt8]
  private let log: Log
  private let producer: Producer

  init(_ settings: BusSettings, payload: [UInt8], log: Log) throws(BusError) {
    self.settings = settings
    self.payload = payload
    self.log = log
    producer = try Producer(settings, client: "bench", log: log, metrics: Metrics())
  }

  func run(hop: String, hops: Int, rate: TopicShape, records: Int) async throws(BusError) -> BusBench.Result {
    try await producer.warm([hop, rate.name])
    let starts = try await fill(rate, records)
    return try await onThread { () throws(BusError) in
      defer { self.producer.close(within: .seconds(5)) }
      // alternating, so that a busy machine is unfair to both alike
      var spans: (bus: [BenchSpan], plain: [BenchSpan]) = ([], [])
      var seconds: (bus: [Double], plain: [Double]) = ([], [])
      for _ in 0..<BusBench.rounds {
        spans.plain.append(try self.plainRead(rate.name, starts, records))
        spans.bus.append(try self.busRead(rate.name, starts, records))
        seconds.plain += try self.plainHops(hop, hops / BusBench.rounds)
        seconds.bus += try self.busHops(hop, hops / BusBench.rounds)
      }
      return BusBench.Result(
        kind: self.settings.kind, recordBytes: self.payload.count, hops: seconds.bus.count, records: records,
        bus: Self.figures(seconds.bus, spans.bus, records), plain: Self.figures(seconds.plain, spans.plain, records))
    }
  }

  private static func figures(_ seconds: [Double], _ spans: [BenchSpan], _ records: Int) -> BusBench.Figures {
    let seconds = seconds.sorted()
    let middle = spans.count / 2
    return BusBench.Figures(
      p50: seconds[seconds.count / 2], p99: seconds[seconds.count * 99 / 100],
      recordsPerSecond: Double(records) / spans.map(\.wall).sorted()[middle],
      cpuPerRecord: spans.map(\.cpu).sorted()[middle] / Double(records))
  }

  /// Writes what will be read, and says where it starts in each partition.
  private func fill(_ topic: TopicShape, _ records: Int) async throws(BusError) -> [Int64] {
    let firsts = Lock([Int64](repeating: .max, count: topic.partitions))
    let left = Lock(records)
    let failure = Lock<BusError?>(nil)
    let done = Latch()
    let (producer, payload) = (producer, payload)
    return try await onThread { () throws(BusError) in
      for number in 0..<records {
        while producer.inFlight > 50_000 { Pause.milliseconds(1) }
        let partition = Int32(number % topic.partitions)
        producer.send(Outgoing(topic: topic.name, partition: partition, key: nil, value: payload)) { result in
          switch result {
          case .success(let position):
            firsts.withLock { $0[Int(position.partition)] = min($0[Int(position.partition)], position.offset) }
          case .failure(let error): failure.withLock { $0 = error }
          }
          let last = left.withLock { left in
            left -= 1
            return left == 0
          }
          if last { done.open() }
        }
      }
      guard done.wait(BusBench.limit) else { throw .timedOut("filling \(topic.name)") }
      if let failure = failure.withLock({ $0 }) { throw failure }
      return firsts.withLock { $0 }
    }
  }

  private func properties(_ partitions: [TopicPartition]) throws(BusError) -> [(String, String)] {
    try ClientProperties.consumer(settings, client: "bench", subscription: .assigned(partitions, group: nil))
  }

  private func plainRead(_ topic: String, _ starts: [Int64], _ records: Int) throws(BusError) -> BenchSpan {
    let span = PlainLoop.read(
      consumer: try properties([]), topic: topic, starts: starts, records: records, within: BusBench.limit)
    guard let span else { throw .timedOut("reading \(topic) in C") }
    return span
  }

  private func busRead(_ topic: String, _ starts: [Int64], _ records: Int) throws(BusError) -> BenchSpan {
    let done = Latch()
    let span = Lock<BenchSpan?>(nil)
    let partitions = starts.indices.map { TopicPartition(topic: topic, partition: Int32($0)) }
    let reader = BenchReader(
      starts: Dictionary(uniqueKeysWithValues: zip(partitions, starts.map { StartAt.offset($0) })), records: records
    ) { measured in
      span.withLock { $0 = measured }
      done.open()
    }
    let consumer = try consumer(partitions, reader)
    defer { consumer.stop(within: .seconds(5)) }
    guard done.wait(BusBench.limit), let span = span.withLock({ $0 }) else { throw .timedOut("reading \(topic)") }
    return span
  }

  private func plainHops(_ topic: String, _ hops: Int) throws(BusError) -> [Double] {
    let start = try end(of: topic)
    let seconds = PlainLoop.hops(
      producer: try ClientProperties.producer(settings, client: "bench"), consumer: try properties([]), topic: topic,
      start: start, payload: payload, hops: hops + Self.unmeasured, within: BusBench.limit)
    guard seconds.count == hops + Self.unmeasured else { throw .timedOut("hops over \(topic) in C") }
    return Array(seconds.dropFirst(Self.unmeasured))
  }

  private func busHops(_ topic: String, _ hops: Int) throws(BusError) -> [Double] {
    let start = try end(of: topic)
    let partition = TopicPartition(topic: topic, partition: 0)
    let hopper = BenchHopper(start: start)
    let consumer = try consumer([partition], hopper)
    defer { consumer.stop(within: .seconds(5)) }
    let record = Outgoing(topic: topic, partition: 0, key: nil, value: payload)
    let seconds = hopper.run(producer, record, hops: hops + Self.unmeasured, within: BusBench.limit)
    guard seconds.count == hops + Self.unmeasured else { throw .timedOut("hops over \(topic)") }
    return Array(seconds.dropFirst(Self.unmeasured))
  }

  /// The first hops pay for connections and caches.
  private static let unmeasured = 50

  private func end(of topic: String) throws(BusError) -> Int64 {
    let answer = Lock<Result<Int64, BusError>?>(nil)
    let done = Latch()
    let partition = TopicPartition(topic: topic, partition: 0)
    let consumer = try consumer([partition], BenchReader(starts: [partition: .end], records: .max) { _ in })
    defer { consumer.stop(within: .seconds(5)) }
    consumer.perform { consumer in
      do throws(BusError) {
        let end = try consumer.ends(partition).high
        answer.withLock { $0 = .success(end) }
      } catch {
        answer.withLock { $0 = .failure(error) }
      }
      done.open()
    }
    guard done.wait(BusBench.limit), let answer = answer.withLock({ $0 }) else { throw .timedOut("end of \(topic)") }
    return try answer.get()
  }

  private func consumer(_ partitions: [TopicPartition], _ receiver: any Receiver & Sendable) throws(BusError)
    -> Consumer
  {
    try Consumer(
      settings, client: "bench", subscription: .assigned(partitions, group: nil), receiver: { receiver }, log: log,
      metrics: Metrics())
  }

  private func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws(BusError) -> Value
  ) async throws(BusError) -> Value {
    let result: Result<Value, BusError> = await withCheckedContinuation { continuation in
      _ = NamedThread.start("bus-bench") {
        do throws(BusError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}

internal import Bus
internal import Deliberation
internal import Glibc
internal import Telemetry
internal import Threads

extension CallBenchRun {
  /// Commands at a steady rate, whether those before are answered or not: what a call takes from when it was due to when
  /// its outcome is read, two hops of the bus included; the simulator answers at once.
  func paced(_ rate: Int, seconds: Int) throws(CommandError) -> CallBench.Own {
    do { return try measurePace(rate, seconds: seconds) } catch let error as CommandError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  private func measurePace(_ rate: Int, seconds: Int) throws -> CallBench.Own {
    let shapes = Topics(BusSettings(bootstrap: "", kind: .embedded, partitions: CallBench.partitions))
    let broker = try EmbeddedBroker(topics: shapes.all, log: log)
    let bus = BusSettings(bootstrap: broker.bootstrap, kind: .embedded, partitions: CallBench.partitions)
    let warming = rate
    let calls = warming + rate * seconds
    let watch = CallPaceWatch(calls: calls)
    let partitions = (0..<Int32(CallBench.partitions)).map { TopicPartition(topic: Topics(bus).events, partition: $0) }
    let consumer = try Consumer(
      bus, client: "bench", subscription: .assigned(partitions, group: nil), receiver: { watch }, log: log,
      metrics: Metrics())
    defer { consumer.stop(within: .seconds(5)) }
    let child = try start(.caller, bus, 2_000)
    defer { child.end() }
    let producer = try Producer(bus, client: "bench", log: log, metrics: Metrics())
    defer { producer.close(within: .seconds(5)) }
    let topic = Topics(bus).calls("default")
    try awaited { () throws(CommandError) in
      do { try await producer.warm([topic]) } catch { throw .failed("\(error)") }
    }
    // the first one says that the caller is there
    producer.send(command(0, topic)) { _ in }
    try wait(watch, for: 1, of: calls)
    let began = ContinuousClock.now
    let step = Duration.seconds(1) / rate
    let due = (0..<calls).map { began + step * $0 }
    var cpu = 0.0
    var marked = began
    for number in 1..<calls {
      if number == warming {
        cpu = ProcessFigures.cpu(child.pid)
        marked = .now
      }
      let ahead = ContinuousClock.now.duration(to: due[number])
      if ahead > .microseconds(100) { usleep(UInt32(ahead / .microseconds(1))) }
      producer.send(command(number, topic)) { _ in }
    }
    let seconds = (ContinuousClock.now - marked) / .seconds(1)
    cpu = ProcessFigures.cpu(child.pid) - cpu
    try wait(watch, for: calls, of: calls)
    let times = watch.times
    let taken = (warming..<calls).compactMap { number in times[number].map { ($0 - due[number]) / .seconds(1) } }
      .sorted()
    withExtendedLifetime(broker) {}
    return CallBench.Own(
      calls: taken.count, sentPerSecond: Double(calls - warming) / seconds, p50: Spread.percentile(taken, 0.5),
      p99: Spread.percentile(taken, 0.99), most: taken.last ?? .nan, cores: cpu / seconds)
  }

  private func wait(_ watch: CallPaceWatch, for count: Int, of calls: Int) throws(CommandError) {
    let end = ContinuousClock.now + Self.patience
    while watch.count < count {
      guard ContinuousClock.now < end else {
        throw .failed("\(watch.count) of \(calls) calls had ended after \(Self.patience)")
      }
      usleep(2_000)
    }
  }
}

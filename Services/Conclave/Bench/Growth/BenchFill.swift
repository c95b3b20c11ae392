internal import Bus
internal import Glibc
internal import Telemetry
internal import Threads

/// Writes many records to a real broker, as fast as that takes them.
final class BenchFill {
  private let producer: Producer
  private static let inFlight = 20_000

  init(_ settings: BusSettings, _ log: Log) throws(CommandError) {
    do {
      producer = try Producer(settings, client: "bench-fill", log: log, metrics: Metrics())
    } catch { throw .failed("\(error)") }
  }

  /// Returns when the brokers have everything.
  func write(_ count: Int, _ records: (Int) -> [Outgoing]) throws(CommandError) {
    let failure = Lock<BusError?>(nil)
    for number in 0..<count {
      while producer.inFlight > Self.inFlight { usleep(500) }
      for record in records(number) {
        producer.send(record) { result in
          if case .failure(let error) = result { failure.withLock { $0 = error } }
        }
      }
      if let error = failure.withLock({ $0 }) { throw .failed("\(error)") }
    }
    let end = ContinuousClock.now + .seconds(120)
    while producer.inFlight > 0 {
      guard ContinuousClock.now < end else { throw .failed("\(producer.inFlight) records were not acknowledged") }
      usleep(1_000)
    }
    if let error = failure.withLock({ $0 }) { throw .failed("\(error)") }
  }

  func close() { producer.close(within: .seconds(10)) }
}

internal import CRdKafka
internal import Glibc

/// The same work without the bus: a plain C loop over librdkafka with the bus's properties, in the same process.
enum PlainLoop {
  static func hops(
    producer: [(String, String)], consumer: [(String, String)], topic: String, start: Int64, payload: [UInt8],
    hops: Int, links: Int = 1, within limit: Duration
  ) -> [Double] {
    var seconds = [Double](repeating: 0, count: hops)
    let done = Properties.with(producer) { producerNames, producerValues in
      Properties.with(consumer) { names, values in
        conclave_plain_hops(
          producerNames, producerValues, producer.count, names, values, consumer.count, topic, start, payload,
          payload.count, &seconds, hops, links, limit.seconds)
      }
    }
    return Array(seconds.prefix(done))
  }

  /// Seconds from the first record to the last, and what the thread computed; nil where they did not come in time.
  static func read(
    consumer: [(String, String)], topic: String, starts: [Int64], records: Int, within limit: Duration
  ) -> BenchSpan? {
    var bytes = 0
    var cpu = 0.0
    let seconds = Properties.with(consumer) { names, values in
      conclave_plain_read(
        names, values, consumer.count, topic, Int32(starts.count), starts, records, limit.seconds, &bytes, &cpu)
    }
    return seconds > 0 ? BenchSpan(wall: seconds, cpu: cpu) : nil
  }

  /// The pauses between hops, in microseconds.
  static func pause(_ seed: inout UInt32) -> UInt32 { conclave_plain_pause(&seed) }

  /// Seconds that the calling thread has computed for.
  static var threadSeconds: Double { conclave_plain_cpu() }

  /// Names and values as C has them.
  private enum Properties {
    typealias Strings = UnsafePointer<UnsafePointer<CChar>?>

    static func with<Value>(_ properties: [(String, String)], _ body: (Strings?, Strings?) -> Value) -> Value {
      let names = properties.map { UnsafePointer(strdup($0.0)) }
      let values = properties.map { UnsafePointer(strdup($0.1)) }
      defer { for text in names + values { free(UnsafeMutablePointer(mutating: text)) } }
      return names.withUnsafeBufferPointer { names in
        values.withUnsafeBufferPointer { values in body(names.baseAddress, values.baseAddress) }
      }
    }
  }
}

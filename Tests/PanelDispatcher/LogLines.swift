import Telemetry
import Threads

/// A log whose lines a test reads.
final class LogLines: Sendable {
  private let lines = Lock<[String]>([])

  var log: Log {
    Log(service: "test", instance: "0", level: .debug, format: .text) { [lines] line in
      lines.withLock { $0.append(line) }
    }
  }

  func count(_ event: String) -> Int { lines.withLock { $0.count { $0.contains(event) } } }
}

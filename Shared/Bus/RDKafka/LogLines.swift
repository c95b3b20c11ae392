internal import Telemetry

/// librdkafka's own log lines, in our log.
enum LogLines {
  static func write(_ level: Int, _ facility: String, _ text: String, to log: Log) {
    guard let level = Self.level(level, facility, text) else { return }
    log.line(level, "bus.librdkafka", [("facility", facility), ("text", text)])
  }

  /// nil: known noise. A lost connection is no error of ours: the handle tries again by itself.
  static func level(_ syslog: Int, _ facility: String, _ text: String) -> Log.Level? {
    // what is still in a handle that ends is ours to send again, or to report
    if facility == "CONFWARN" || facility == "TERMINATE" || text.contains("oordinator load in progress") { return nil }
    if ["FAIL", "ERROR", "FATAL", "REQTMOUT", "SESSTMOUT", "COMMITFAIL", "MAXPOLL"].contains(facility) {
      return .warning
    }
    switch syslog {
    case ...3: return .error
    case 4: return .warning
    case 5, 6: return .info
    default: return .debug
    }
  }
}

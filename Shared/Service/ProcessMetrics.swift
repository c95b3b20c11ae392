internal import FoundationEssentials
internal import Glibc
internal import Telemetry

/// What every process shows about itself, under the names that Prometheus' own clients use.
enum ProcessMetrics {
  static func add(to metrics: Metrics) {
    metrics.gauge("process_resident_memory_bytes", "Memory of this process.") { residentBytes() }
    metrics.gauge("process_cpu_seconds", "Processor time of this process.") {
      var time = timespec()
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    metrics.gauge("process_open_fds", "Open files and sockets of this process.") {
      Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0)
    }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    metrics.gauge("process_start_time_seconds", "When this process was started.").set(Double(now.tv_sec))
  }

  private static func residentBytes() -> Double {
    guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return 0 }
    let fields = String(decoding: data, as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (Double(fields[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}

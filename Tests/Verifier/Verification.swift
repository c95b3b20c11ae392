internal import Telemetry

/// One run of the verifier: read everything, then judge.
struct Verification {
  let options: Options

  /// The exit status.
  func run() -> Int32 {
    guard var file = RecordFile(options.record) else {
      print("verifier: \(options.record) cannot be read; name the file that the clients write")
      return 2
    }
    let log = Log(service: "verifier", instance: "verifier", level: .warning, format: .text)
    do {
      let reader = try LogReader(options.bus, log: log)
      if let limit = options.follow {
        _ = eventually(within: limit, every: .milliseconds(100)) {
          file.readOn()
          return file.record.isOver
        }
      }
      file.readOn()
      var gaps: [String] = []
      if !reader.readToEnds(within: .seconds(60)) {
        gaps.append("the topics could not be read to their ends; \(reader.count) records were")
      }
      let read = reader.stop()
      let verdict = Verdict(
        History(read.facts, record: file.record, gaps: gaps + read.gaps), demands: options.demands)
      print(verdict.text())
      return verdict.passed ? 0 : 1
    } catch {
      print("verifier: \(error)")
      return 1
    }
  }
}

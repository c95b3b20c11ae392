internal import Deliberation
internal import Folding

/// What folding and deciding cost, without any bus.
enum CoreWorkload {
  static func run(_ context: BenchContext) throws(CommandError) -> Section {
    let deliberations =
      try context.arguments.number("--deliberations", in: 10...100_000) ?? context.size.of(300, 2_000, 5_000)
    let bytes = try context.arguments.number("--answer-bytes", in: 100...80_000) ?? 4_096
    var results: [CoreBench.Result] = []
    for _ in 0..<(try context.rounds) {
      do { results.append(try CoreBench.run(deliberations: deliberations, answerBytes: bytes)) } catch {
        throw .failed("\(error)")
      }
    }
    var section = Section("core", "folding and deciding without a bus")
    guard let first = results.first else { return section }
    let services = first.services.indices.map { place in
      (first.services[place], Spread(results.map { $0.services[place].eventsPerSecond }))
    }
    section.tables = [
      BenchTable(
        head: """
          \(deliberations) deliberations of \(first.answers) members, question and answers of \(bytes) bytes, \
          \(first.events) events; least / middle / most of \(results.count) rounds
          """,
        rows: [["", "events/s of a core", "CPU us/event", "bytes/open", "allowed"]]
          + services.map { figures, rate in
            [
              figures.service, rate.text(0), BenchTable.rounded(1_000_000 / rate.middle, 2), "\(figures.heldBytes)",
              "\(figures.allowedBytes)",
            ]
          })
    ]
    section.json = [
      "deliberations": .int(Int64(deliberations)), "events": .int(Int64(first.events)),
      "answers": .int(Int64(first.answers)), "answer_bytes": .int(Int64(bytes)),
      "services": .object(
        services.reduce(into: JSONObject()) { object, service in
          object[service.0.service] = [
            "events_per_cpu_second": service.1.json, "bytes_per_open": .int(Int64(service.0.heldBytes)),
            "allowed_bytes_per_open": .int(Int64(service.0.allowedBytes)),
          ]
        }),
    ]
    if context.arguments.has("--hold") {
      section.warnings = services.flatMap { figures, rate in
        faults(
          figures.service, eventsPerSecond: rate.middle, heldBytes: figures.heldBytes,
          allowedBytes: figures.allowedBytes)
      }
      section.isSound = section.warnings.isEmpty
    }
    return section
  }

  /// What each service must fold and decide in a second of one core.
  static let leastEventsPerSecond = 100_000.0

  /// What does not hold of one service's figures.
  static func faults(_ service: String, eventsPerSecond: Double, heldBytes: Int, allowedBytes: Int) -> [String] {
    var faults: [String] = []
    if eventsPerSecond < leastEventsPerSecond {
      let rates = [eventsPerSecond, leastEventsPerSecond].map { BenchTable.rounded($0, 0) }
      faults.append("\(service): \(rates[0]) events/s, less than \(rates[1])")
    }
    if heldBytes > allowedBytes { faults.append("\(service): \(heldBytes) bytes/open, more than \(allowedBytes)") }
    return faults
  }
}

internal import Bus
internal import Deliberation
internal import FoundationEssentials
internal import Glibc
internal import Settings
internal import Telemetry
internal import Threads

/// What every workload has at hand: what was asked for, how large it is to be, and where the bus is.
struct BenchContext: Sendable {
  /// How large the workloads are where nothing else was asked for.
  enum Size: Sendable {
    /// Minutes for everything: whether it works, and roughly how well.
    case quick
    case usual
    /// As the figures are published.
    case full

    func of<Value>(_ quick: Value, _ usual: Value, _ full: Value) -> Value {
      switch self {
      case .quick: quick
      case .usual: usual
      case .full: full
      }
    }
  }

  let arguments: Arguments
  let environment: [String: String]
  let size: Size
  let machine = Machine()
  let log = Log(service: "conclave", instance: "bench", level: .error, format: .text)
  /// `host:port`; nil: embedded brokers.
  let kafka: String?
  private let buses = Lock(0)

  init(_ arguments: Arguments, _ environment: [String: String]) throws(CommandError) {
    self.arguments = arguments
    self.environment = environment
    kafka = arguments["--kafka"]
    if arguments.has("--quick"), arguments.has("--full") { throw .usage("--quick and --full exclude each other") }
    size = arguments.has("--quick") ? .quick : arguments.has("--full") ? .full : .usual
  }

  var bus: String {
    guard kafka != nil else { return "embedded broker" }
    return brokers.isEmpty ? "Kafka elsewhere" : "Kafka on this machine"
  }

  var rounds: Int { get throws(CommandError) { try arguments.number("--rounds", in: 1...100) ?? size.of(1, 3, 5) } }

  func seconds(_ usual: Int) throws(CommandError) -> Int {
    try arguments.number("--seconds", in: 1...600) ?? size.of(max(2, usual / 3), usual, 2 * usual)
  }

  func counts(usual: [Int]) throws(CommandError) -> [Int] {
    guard let text = arguments["--clients"] else { return usual }
    let counts = text.split(separator: ",").map { Int($0) }
    guard !counts.isEmpty, counts.allSatisfy({ $0.map { (1...20_000).contains($0) } ?? false }) else {
      throw .usage("--clients \"\(text)\" must be numbers from 1 to 20000, comma separated")
    }
    return counts.compactMap { $0 }
  }

  func latency(usual: ClosedRange<Int>) throws(CommandError) -> ClosedRange<Int> {
    guard let text = arguments["--latency"] else { return usual }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let first = parts[0], let last = parts[parts.count - 1],
      (0...60_000).contains(first), (first...60_000).contains(last)
    else { throw .usage("--latency \"\(text)\" must be milliseconds, as in 200 or 0-20, 60000 at most") }
    return first...last
  }

  /// The broker's process, where it was there before and runs on this machine: it is part of what is measured.
  var brokers: [(name: String, pid: Int32)] {
    kafka.flatMap { Self.port($0) }.flatMap { ListeningProcess.pid(port: $0) }.map { [("broker", $0)] } ?? []
  }

  /// The same of a simulator that `CONCLAVE_SIMULATOR` names.
  var simulators: [(name: String, pid: Int32)] {
    environment["CONCLAVE_SIMULATOR"].flatMap { Self.port($0) }.flatMap { ListeningProcess.pid(port: $0) }
      .map { [("model-simulator", $0)] } ?? []
  }

  /// The port of `host:port` or `http://host:port/path`.
  private static func port(_ address: String) -> Int? {
    let bare = address.split(separator: "/").first { $0.contains(":") && !$0.hasSuffix(":") }
    return bare?.split(separator: ":").last.flatMap { Int($0) }
  }

  /// A bus of a workload's own: topics that nobody else has, and a folder. Both are gone afterwards.
  func onBus<Value>(_ body: (BenchBus) throws(CommandError) -> Value) throws(CommandError) -> Value {
    let number = buses.withLock { count in
      count += 1
      return count
    }
    let bus = try BenchBus(self, prefix: "bench-\(getpid())-\(number).")
    let result: Result<Value, CommandError>
    do throws(CommandError) { result = .success(try body(bus)) } catch { result = .failure(error) }
    try bus.end()
    return try result.get()
  }
}

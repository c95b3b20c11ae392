/// What can be measured, in the order in which everything is.
enum Workload: String, CaseIterable, Sendable {
  case bus, core, calls, gateway, streams, overhead, saturation, memory, growth, aggregation, backlog

  /// What the embedded broker cannot hold.
  var needsKafka: Bool { self == .aggregation || self == .backlog }

  var title: String {
    switch self {
    case .bus: "one hop, and reading, beside a plain C loop"
    case .core: "folding and deciding without a bus"
    case .calls: "model calls through one model-caller beside a plain C loop, and its own time"
    case .gateway: "the HTTP edge, one plain call, one fusion"
    case .streams: "thousands of slow streams at once"
    case .overhead: "fusions beyond the time of their models"
    case .saturation: "the most fusions a second with p99 under 250 ms"
    case .memory: "memory of open deliberations, calls in flight, and at rest"
    case .growth: "cost per fusion as panel, answers and log grow"
    case .aggregation: "recorded answers through an aggregator alone"
    case .backlog: "a backlog beside interactive asks, its draining, and recovery"
    }
  }

  func run(_ context: BenchContext) throws(CommandError) -> Section {
    if needsKafka, context.kafka == nil { return Section(rawValue, title, leftOut: "needs --kafka host:port") }
    switch self {
    case .bus: return try BusWorkload.run(context)
    case .core: return try CoreWorkload.run(context)
    case .calls: return try CallWorkload.run(context)
    case .gateway: return try GatewayWorkload.run(context)
    case .streams: return try StreamWorkload.run(context)
    case .overhead: return try FusionWorkload.overhead(context)
    case .saturation: return try FusionWorkload.saturation(context)
    case .memory: return try MemoryWorkload.run(context)
    case .growth: return try GrowthWorkload.run(context)
    case .aggregation: return try AggregationWorkload.run(context)
    case .backlog: return try BacklogWorkload.run(context)
    }
  }
}

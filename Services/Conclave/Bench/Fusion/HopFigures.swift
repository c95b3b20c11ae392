internal import Deliberation

/// Hops of a plain C loop, taken between the rounds of what they are held against: what any design over this log takes at
/// least when nothing else runs.
struct HopFigures: Sendable {
  private var hops: [Double] = []
  private var chains: [Double] = []

  mutating func add(hops: [Double], chains: [Double]) {
    self.hops = (self.hops + hops).sorted()
    self.chains = (self.chains + chains).sorted()
  }

  var text: String {
    """
    one hop of the bus, plain C: p50 \(Self.of(hops, 0.5)), p95 \(Self.of(hops, 0.95)), p99 \(Self.of(hops, 0.99)) ms \
    (n \(hops.count)); a chain of the \(FusionPath.hops) on the path: p50 \(Self.of(chains, 0.5)), p99 \
    \(Self.of(chains, 0.99)) ms (n \(chains.count)); taken between the rounds
    """
  }

  var json: JSON {
    [
      "hops_on_path": .int(Int64(FusionPath.hops)), "hop_seconds": Self.json(hops), "chain_seconds": Self.json(chains),
    ]
  }

  private static func of(_ sorted: [Double], _ part: Double) -> String {
    BenchTable.rounded(Spread.percentile(sorted, part) * 1_000, 2)
  }

  private static func json(_ sorted: [Double]) -> JSON {
    [
      "n": .int(Int64(sorted.count)), "p50": .double(Spread.percentile(sorted, 0.5)),
      "p95": .double(Spread.percentile(sorted, 0.95)), "p99": .double(Spread.percentile(sorted, 0.99)),
    ]
  }
}

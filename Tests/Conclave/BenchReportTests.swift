import Deliberation
import Testing

@testable import Conclave

@Suite("What the bench tells") struct BenchReportTests {
  @Test("is least, middle and most of the rounds") func spread() {
    let spread = Spread([3, 1, 2])
    #expect(spread.text(1) == "1.0 / 2.0 / 3.0")
    #expect(spread.json == ["min": 1.0, "median": 2.0, "max": 3.0])
    #expect(Spread([2, .nan]).text(1) == "2.0")
    #expect(Spread([]).text(1) == "- / - / -")
    #expect(Spread.percentile([1, 2, 3, 4], 0.99) == 4)
    #expect(Spread.percentile([1, 2, 3, 4], 0.5) == 3)
  }

  @Test("has columns, and figures below nothing keep their sign") func table() {
    let table = BenchTable(head: "head", rows: [["", "ms"], ["a", BenchTable.rounded(-0.25, 2)]])
    #expect(table.text == "head\n\n      ms\na  -0.25\n")
    #expect(BenchTable.rounded(12.345, 1) == "12.3")
    #expect(BenchTable.rounded(-12.345, 0) == "-12")
    #expect(BenchTable.rounded(.nan, 1) == "-")
  }

  @Test("adds up the copies of a service, in the order in which they came") func figures() {
    var figures = Figures()
    figures.add("caller", 1)
    figures.add("judge", 5)
    figures.add("caller", 2)
    #expect(figures.names == ["caller", "judge"])
    #expect(figures["caller"] == 3)
    #expect(figures.total == 8)
    #expect(figures.without(["judge"]).total == 3)
    #expect(figures.times(2)["judge"] == 10)
    #expect(figures.text(0) == "judge 5, caller 3")
  }

  @Test("sums a metric over its labels and takes no other of a longer name") func metrics() {
    let text = """
      # TYPE conclave_deliberations_total counter
      conclave_deliberations_total{status="completed"} 3
      conclave_deliberations_total{status="failed"} 1.5
      conclave_deliberations 100
      """
    #expect(MetricsText.sum(text, "conclave_deliberations_total") == 4.5)
    #expect(MetricsText.sum(text, "conclave_deliberations") == 100)
    #expect(MetricsText.sum(text, "conclave") == 0)
  }

  @Test("says what it can measure, and takes no two sizes at once") func usage() throws {
    func run(_ words: String...) throws {
      _ = try BenchCommand.run(Arguments(words, flags: BenchCommand.flags), environment: [:])
    }
    let unknown = #expect(throws: CommandError.self) { try run("everything") }
    #expect(unknown?.description.contains("saturation") == true)
    #expect(throws: CommandError.usage("--quick and --full exclude each other")) {
      try run("core", "--quick", "--full")
    }
    for workload in Workload.allCases {
      #expect(BenchCommand.help.contains(workload.rawValue))
      guard workload.needsKafka else { continue }
      let context = try BenchContext(Arguments([], flags: BenchCommand.flags), [:])
      #expect(try workload.run(context).leftOut == "needs --kafka host:port")
    }
  }

  @Test("passes on each kind of trouble of a system once") func trouble() {
    let line = "up | judge-0 | 2026-11-27T09:48:21.490Z warning partition.waits partition=8 error=\"not leader\""
    #expect(BenchSystem.trouble(line[...]) == "up | judge-0 partition.waits")
    #expect(BenchSystem.trouble("up | judge-0 | 2026-11-27T09:48:21.490Z info started") == nil)
    #expect(BenchSystem.trouble("up | error") == nil)
  }

  @Test("names what was left out, and what makes a figure doubtful") func section() {
    let left = Section("backlog", "a backlog", leftOut: "needs --kafka host:port")
    #expect(left.text == "== backlog: a backlog\nleft out: needs --kafka host:port\n")
    #expect(left.whole["left_out"] == "needs --kafka host:port")
    var section = Section("bus", "one hop")
    section.lines = ["p50 1 ms"]
    section.warnings = ["busy"]
    section.json["p50"] = 1.0
    #expect(section.text == "== bus: one hop\np50 1 ms\n! busy\n")
    #expect(section.whole["p50"] == 1.0)
    #expect(section.whole["warnings"] == ["busy"])
  }

  @Test("shows the way of a deliberation in means that add up to what its client waited") func path() throws {
    func event(_ name: String, _ id: String, _ time: String) -> JSON {
      ["type": .string("conclave.\(name).v1"), "id": .string("gen-1/\(id)"), "time": .string(time)]
    }
    let events: JSON = [
      "events": [
        event("deliberation.requested", "deliberation.requested/1", "2026-11-27T10:00:00.002Z"),
        event("panel.dispatched", "panel.dispatched/0", "2026-11-27T10:00:00.003Z"),
        event("call.completed", "call.completed/panel/0/0/0", "2026-11-27T10:00:00.205Z"),
        event("call.completed", "call.completed/panel/0/1/0", "2026-11-27T10:00:00.207Z"),
        event("panel.assembled", "panel.assembled/0", "2026-11-27T10:00:00.209Z"),
        event("call.completed", "call.completed/judge/0/-/0", "2026-11-27T10:00:00.414Z"),
        event("analysis.completed", "analysis.completed/0", "2026-11-27T10:00:00.415Z"),
        event("deliberation.completed", "deliberation.completed/end", "2026-11-27T10:00:00.417Z"),
      ]
    ]
    let start = try #require(Moment(rfc3339: "2026-11-27T10:00:00.000Z"))
    let asked = Double(start.milliseconds) / 1_000
    let path = try #require(FusionPath(events, asked: asked, answered: asked + 0.420))
    let means = try #require(FusionPath.means([path, path]))
    let milliseconds = means.steps.map { ($0.seconds * 1_000).rounded(toPlaces: 1) }
    #expect(milliseconds == [2.5, 205, 2, 205, 1, 2, 2.5])
    #expect(abs(means.total - 0.420) < 1e-6)
    #expect(FusionPath(["events": []], asked: asked, answered: asked) == nil)
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let scale = Double((0..<places).reduce(1) { power, _ in power * 10 })
    return (self * scale).rounded() / scale
  }
}

import Settings
import Telemetry
import Testing
import Threads
import Web

@testable import Service

@Suite("Spans that are sent on", .timeLimit(.minutes(2))) struct TraceExporterTests {
  private func span(_ number: Int) -> Span {
    Span(
      trace: "4bf92f3577b34da6a3ce929d0e0e4736", id: "00f067aa0ba902b7", parent: nil, name: "step \(number)",
      kind: .internal, start: 1, end: 2)
  }

  private static let shipped =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/deploy/conclave.json"

  private func exporter(_ url: String, _ tracer: Tracer, _ metrics: Metrics) throws -> TraceExporter {
    let settings = try Settings.load(
      service: "judge",
      environment: [
        "OTEL_EXPORTER_OTLP_ENDPOINT": url, "CONCLAVE_CONFIG": Self.shipped, "CONCLAVE_KAFKA": "127.0.0.1:1",
      ])
    return try #require(TraceExporter(settings, tracer: tracer, log: .silent, metrics: metrics))
  }

  private func value(_ name: String, _ metrics: Metrics) -> Double {
    let line = metrics.render().split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: " ").last.flatMap { Double($0) } ?? -1
  }

  /// A receiver that answers so, and how often it was asked.
  private func withReceiver(_ status: Int, _ body: (String, @escaping @Sendable () -> Int) async throws -> Void)
    async throws
  {
    let asked = Lock(0)
    let server = try HTTPServer(try SocketAddress("127.0.0.1:0"), limits: HTTPServerLimits(), log: .silent) {
      _, responder in
      asked.withLock { $0 += 1 }
      responder.respond(status, [], [])
    }
    try await body("http://127.0.0.1:\(server.port)") { asked.withLock { $0 } }
    server.stop(within: .seconds(2))
  }

  @Test("are given up at once where the receiver says that they are wrong") func wrong() async throws {
    try await withReceiver(400) { url, asked in
      let (tracer, metrics) = (Tracer(), Metrics())
      let exporter = try exporter(url, tracer, metrics)
      for number in 0..<3 { tracer.record(span(number)) }
      #expect(await eventually(within: .seconds(20)) { value("conclave_spans_lost_total", metrics) == 3 })
      #expect(asked() == 1)
      exporter.stop(within: .seconds(5))
    }
  }

  @Test("are tried a few times where the receiver cannot take them, and then given up") func down() async throws {
    try await withReceiver(503) { url, asked in
      let (tracer, metrics) = (Tracer(), Metrics())
      let exporter = try exporter(url, tracer, metrics)
      tracer.record(span(0))
      #expect(await eventually(within: .seconds(60)) { value("conclave_spans_lost_total", metrics) == 1 })
      #expect(asked() == TraceExporter.tries)
      // the next one is tried anew, and the end does not wait for that
      tracer.record(span(1))
      let begun = ContinuousClock.now
      exporter.stop(within: .seconds(5))
      #expect(ContinuousClock.now - begun < .seconds(20))
      #expect(value("conclave_spans_sent_total", metrics) <= 0)
    }
  }

  @Test("keep nobody waiting where nobody answers, and no more than fits is kept") func silent() async throws {
    let (tracer, metrics) = (Tracer(), Metrics())
    let exporter = try exporter("http://127.0.0.1:1", tracer, metrics)
    for number in 0..<(Tracer.most + 2 * TraceExporter.batch + 10) { tracer.record(span(number)) }
    #expect(tracer.dropped > 0)
    let begun = ContinuousClock.now
    exporter.stop(within: .seconds(2))
    #expect(ContinuousClock.now - begun < .seconds(20))
  }
}

import Deliberation
import Testing
import Web

@testable import Conclave

extension RunningSystems {
  @Suite("What the services tell of themselves", .timeLimit(.minutes(3))) struct MetricsTests {
    /// The lines of `/metrics` of every service, by its name.
    private func scrape(_ system: RunningSystem) async throws -> [String: [String]] {
      var texts: [String: [String]] = [:]
      for service in try system.run().services where UpPlan.services.contains(service.name) {
        let admin = try #require(service.admin)
        let response = try await system.client.send(HTTPRequest(url: "http://\(admin)/metrics"))
        #expect(response.status == 200)
        texts[service.name] = String(decoding: response.body, as: UTF8.self).split(separator: "\n").map(String.init)
      }
      return texts
    }

    @Test("shows lag, what is under way, latencies, counts and costs after a fusion") func fusion() async throws {
      try await withSystem { system in
        #expect(try await system.post(TestConfiguration.fusion("What is worth measuring?")).status == 200)
        var texts: [String: [String]] = [:]
        /// The sum of a metric over the lines that have all of these labels; nil: there are none.
        func value(_ service: String, _ name: String, _ labels: String...) -> Double? {
          let lines = (texts[service] ?? []).filter { line in
            (line.hasPrefix(name + "{") || line.hasPrefix(name + " ")) && labels.allSatisfy { line.contains($0) }
          }
          let values = lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
          return values.isEmpty ? nil : values.reduce(0, +)
        }
        // an end is counted when its result is acknowledged
        try await eventually("the deliberation is counted") {
          texts = try await scrape(system)
          return value("aggregator", "conclave_deliberations_total", #"form="chat""#, #"fused="yes""#) == 1
        }
        let deciding = ["panel-dispatcher", "judge", "aggregator"]
        for service in deciding {
          // what is shown is up to half a second old: the whole of it may have gone by in between
          try await eventually("one was open in \(service), and none is") {
            texts = try await scrape(system)
            return value(service, "conclave_open_deliberations_highest") == 1
              && value(service, "conclave_open_deliberations") == 0
          }
          #expect(value(service, "conclave_folding_partitions") == 12, "\(service)")
        }
        let writing = deciding + ["model-caller", "gateway"]
        let reading = writing + ["ledger"]
        try await eventually("what each has written and read is shown") {
          texts = try await scrape(system)
          return writing.allSatisfy { value($0, "conclave_bus_produced_records_total", "topic=") ?? 0 > 0 }
            && reading.allSatisfy { value($0, "conclave_bus_consumed_records_total", "topic=") ?? 0 > 0 }
        }
        for service in writing {
          #expect(value(service, "conclave_bus_produce_seconds_count") ?? 0 > 0, "\(service): produce latency")
          #expect(value(service, "conclave_bus_in_flight_records") == 0, "\(service): in flight")
          #expect(value(service, "conclave_bus_connected") ?? 0 >= 1, "\(service): connected")
        }
        for service in reading {
          #expect(value(service, "conclave_bus_unread_records", "partition=") != nil, "\(service): lag")
        }
        #expect(value("model-caller", "conclave_calls_in_flight") == 0)
        #expect(value("model-caller", "conclave_calls_partitions") == 12)
        for purpose in ["panel", "judge", "answer"] {
          #expect(
            value("aggregator", "conclave_cost_dollars_total", #"purpose="\#(purpose)""#) ?? 0 > 0, "\(purpose): cost")
        }
      }
    }
  }
}

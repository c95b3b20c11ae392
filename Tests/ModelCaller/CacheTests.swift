import Bus
import Deliberation
import Foundation
import ModelCaller
import Models
import SimulatorUnderTest
import Telemetry
import Testing

extension OnABroker {
  /// The cache on disk, over a broker and the simulator.
  @Suite(.serialized, .timeLimit(.minutes(2))) struct CacheTests {
    @Test func `identical calls share one request, and later ones none, also after a restart`() async throws {
      let folder = try Folder()
      let simulator = try SimulatorProcess(["--latency", "300"])
      let stage = try await Stage(simulator.url)
      let options = CacheOptions(path: folder.path + "/cache.sqlite", bytes: 1_000_000)
      let first = try stage.caller("a", cache: options)
      await first.ready()
      var calls: [CallID] = []
      for _ in 0..<10 { calls.append(try await stage.command(cache: .init(key: "one", seconds: 600))) }
      var contents: Set<String> = []
      var costs = 0
      for call in calls {
        let outcome = try await stage.outcome(call)
        contents.insert(outcome["content"]?.string ?? "")
        if (outcome["cost"]?.number ?? 0) > 0 { costs += 1 }
        #expect(outcome["cached"]?.bool == (outcome["cost"]?.number == 0))
      }
      #expect(contents.count == 1)
      #expect(costs == 1)
      #expect(try await simulator.metric("conclave_simulator_requests_total") == 1)
      first.stop()
      let second = try stage.caller("a", cache: options)
      await second.ready()
      let later = try await stage.outcome(try await stage.command(cache: .init(key: "one", seconds: 600)))
      #expect(later["cached"]?.bool == true)
      #expect(contents == [later["content"]?.string ?? ""])
      #expect(try await simulator.metric("conclave_simulator_requests_total") == 1)
      let other = try await stage.outcome(try await stage.command(cache: .init(key: "two", seconds: 600)))
      #expect(other["cached"]?.bool == false)
      let plain = try await stage.outcome(try await stage.command())
      #expect(plain["cached"]?.bool == false)
      #expect(second.metric("conclave_cache_hits_total") == 1)
    }

    @Test func `an answer is not given when it is older than one of the two allows`() async throws {
      let folder = try Folder()
      let simulator = try SimulatorProcess()
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a", cache: CacheOptions(path: folder.path + "/c.sqlite", bytes: 1_000_000))
      await caller.ready()
      _ = try await stage.outcome(try await stage.command(cache: .init(key: "k", seconds: 1)))
      let begun = ContinuousClock.now
      await eventually("a second has gone") { ContinuousClock.now - begun > .milliseconds(1_100) }
      let late = try await stage.outcome(try await stage.command(cache: .init(key: "k", seconds: 600)))
      #expect(late["cached"]?.bool == false)
    }

    @Test func `a file that is no database costs the cache and no call`() async throws {
      let folder = try Folder()
      let path = folder.path + "/cache.sqlite"
      try Data(repeating: 0x61, count: 9_000).write(to: URL(fileURLWithPath: path))
      let simulator = try SimulatorProcess()
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a", cache: CacheOptions(path: path, bytes: 1_000_000))
      await caller.ready()
      for _ in 0..<2 {
        let outcome = try await stage.outcome(try await stage.command(cache: .init(key: "k", seconds: 600)))
        #expect(outcome["cached"]?.bool == false)
      }
    }

    @Test func `the cache keeps to its size`() async throws {
      let folder = try Folder()
      let path = folder.path + "/cache.sqlite"
      let simulator = try SimulatorProcess()
      let stage = try await Stage(simulator.url)
      let caller = try stage.caller("a", cache: CacheOptions(path: path, bytes: 60_000))
      await caller.ready()
      for number in 0..<60 {
        try await stage.command("simulator/bytes-2000", cache: .init(key: "k\(number)", seconds: 600))
      }
      await eventually("all have ended") { stage.events.count == 60 }
      await eventually("it is within its bound") {
        let size = caller.metric("conclave_cache_bytes")
        return size > 10_000 && size <= 60_000
      }
    }
  }
}

/// A folder that goes with the test.
final class Folder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("cache-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

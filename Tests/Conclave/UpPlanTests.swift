import Foundation
import Testing

@testable import Conclave

@Suite("The plan of up") struct UpPlanTests {
  private static let configuration = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "deploy/conclave.json").path

  private func plan(_ words: [String] = [], _ environment: [String: String] = [:]) throws -> UpPlan {
    var all = ["CONCLAVE_CONFIG": Self.configuration, "PATH": "/usr/bin"]
    all.merge(environment) { _, own in own }
    return try UpPlan(Arguments(words, flags: UpCommand.flags), environment: all)
  }

  private func launch(_ plan: UpPlan, _ instance: String, _ announced: [String: Announcement] = [:]) throws
    -> Supervisor.Launch
  {
    let slot = try #require(plan.slots.first { $0.instance == instance })
    return plan.launch(slot, announced: plan.slots.map { announced[$0.instance] })
  }

  @Test("starts a broker, a simulator and six services where nothing else is said") func bare() throws {
    let plan = try plan()
    #expect(
      plan.slots.map(\.instance) == [
        "broker-0", "model-simulator-0", "gateway-0", "panel-dispatcher-0", "judge-0", "aggregator-0", "model-caller-0",
        "ledger-0",
      ])
    #expect(plan.isSimulated)
    let judge = try launch(
      plan, "judge-0",
      [
        "broker-0": Announcement(bootstrap: "127.0.0.1:5", incarnation: "a1"),
        "model-simulator-0": Announcement(http: "127.0.0.1:6"), "ledger-0": Announcement(http: "127.0.0.1:7"),
      ])
    #expect(judge.environment["CONCLAVE_INCARNATION"] == "a1")
    #expect(judge.environment["CONCLAVE_LEDGER"] == "127.0.0.1:7")
    #expect(judge.environment["CONCLAVE_KAFKA"] == "127.0.0.1:5")
    #expect(judge.environment["CONCLAVE_EMBEDDED"] == "1")
    #expect(judge.environment["CONCLAVE_SIMULATOR"] == "http://127.0.0.1:6/v1")
    #expect(judge.environment["CONCLAVE_INSTANCE"] == "judge-0")
    #expect(judge.environment["CONCLAVE_SHARE"] == "0/1")
    #expect(judge.environment["CONCLAVE_ADMIN"] == "127.0.0.1:0")
  }

  @Test("gives services an allocator that costs less, unless it is not there or another was chosen") func allocator() {
    let file = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
    let chosen = FasterAllocator.chosen(["PATH": "/usr/bin"]) { $0 == file }
    #expect(chosen == ["PATH": "/usr/bin", "LD_PRELOAD": file, "MALLOC_CONF": FasterAllocator.manner])
    #expect(FasterAllocator.chosen(["PATH": "/usr/bin"]) { _ in false } == ["PATH": "/usr/bin"])
    for own in ["", "/usr/lib/mine.so"] {
      #expect(FasterAllocator.chosen(["LD_PRELOAD": own]) { _ in true } == ["LD_PRELOAD": own])
    }
    #expect(FasterAllocator.chosen(["MALLOC_CONF": "narenas:1"]) { $0 == file }["MALLOC_CONF"] == "narenas:1")
  }

  @Test("gives the broker large pages and the gateway nothing, unless an allocator was chosen") func pages() throws {
    let broker = try launch(plan(), "broker-0").environment
    #expect(broker["GLIBC_TUNABLES"] == LargePages.manner && broker["LD_PRELOAD"] == nil)
    #expect(try launch(plan(), "judge-0").environment["GLIBC_TUNABLES"] == nil)
    let gateway = try launch(plan(), "gateway-0").environment
    #expect(gateway["GLIBC_TUNABLES"] == nil && gateway["LD_PRELOAD"] == nil)
    #expect(LargePages.chosen(["LD_PRELOAD": ""]) == ["LD_PRELOAD": ""])
    #expect(LargePages.chosen(["GLIBC_TUNABLES": "x=1"]) == ["GLIBC_TUNABLES": "x=1"])
  }

  @Test("finds a simulator that is started again where it was") func simulatorAgain() throws {
    let plan = try plan()
    #expect(try launch(plan, "model-simulator-0").arguments == ["--port", "0"])
    let again = try launch(plan, "model-simulator-0", ["model-simulator-0": Announcement(http: "127.0.0.1:6")])
    #expect(again.arguments == ["--port", "6"])
  }

  @Test("gives a provider's key to the callers, and to the others only that there is one") func keys() throws {
    let plan = try plan(["--callers", "2"], ["OPENROUTER_API_KEY": "sk-or-secret"])
    #expect(!plan.isSimulated)
    #expect(!plan.slots.contains { $0.role == .simulator })
    for slot in plan.slots where slot.role.isService {
      let environment = try launch(plan, slot.instance).environment
      #expect(
        environment["OPENROUTER_API_KEY"] == (slot.name == "model-caller" ? "sk-or-secret" : "set"), "\(slot.instance)")
      #expect(slot.name == "model-caller" || !environment.values.contains { $0.contains("secret") })
    }
    let shares = try ["model-caller-0", "model-caller-1"].map { try launch(plan, $0).environment["CONCLAVE_SHARE"] }
    #expect(shares == ["0/2", "1/2"])
  }

  @Test("uses a Kafka that is named, and starts no broker then") func kafka() throws {
    let plan = try plan(["--kafka", "broker.example.com:9092"])
    #expect(!plan.slots.contains { $0.role == .broker })
    let gateway = try launch(plan, "gateway-0").environment
    #expect(gateway["CONCLAVE_KAFKA"] == "broker.example.com:9092")
    #expect(gateway["CONCLAVE_EMBEDDED"] == nil)
  }

  @Test("hands on nothing of a surrounding service's own place") func inherited() throws {
    let plan = try plan([], ["CONCLAVE_INSTANCE": "judge-9", "CONCLAVE_SHARE": "3/4", "CONCLAVE_ADMIN": "0.0.0.0:1"])
    let judge = try launch(plan, "judge-0").environment
    #expect(judge["CONCLAVE_INSTANCE"] == "judge-0")
    #expect(judge["CONCLAVE_SHARE"] == "0/1")
  }

  @Test("says in its ready line what there is") func readyLine() throws {
    let simulated = ReadyLine.text(
      try plan(), bus: "127.0.0.1:5", http: "http://127.0.0.1:8080", after: .milliseconds(900))
    for part in [
      "http://127.0.0.1:8080", "embedded at 127.0.0.1:5", "5 MiB", "simulated", "set OPENROUTER_API_KEY",
      "this machine",
    ] {
      #expect(simulated.contains(part), "\(part) in \(simulated)")
    }
    #expect(!simulated.contains("\n"))
    let real = ReadyLine.text(
      try plan(["--kafka", "k:9092"], ["OPENROUTER_API_KEY": "x"]), bus: "k:9092", http: "http://127.0.0.1:8080",
      after: .zero)
    #expect(real.contains("Kafka at k:9092"))
    #expect(real.contains("models reachable"))
    #expect(!real.contains("simulated"))
  }

  @Test("names the variable to set where fewer than two models remain") func tooFew() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/conclave-plan-\(UInt32.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = """
      {"providers": {"one": {"base_url": "https://one.example/v1", "key_env": "ONE_API_KEY"},
                     "many": {"base_url": "https://many.example/v1", "key_env": "MANY_API_KEY"}},
       "models": [{"slug": "a/one", "context": 1000, "price": {"input": 1, "output": 1}, "via": [{"provider": "one"}, {"provider": "many"}]},
                  {"slug": "b/two", "context": 1000, "price": {"input": 1, "output": 1}, "via": [{"provider": "many"}]}]}
      """
    try Data(text.utf8).write(to: URL(filePath: folder + "/conclave.json"))
    let plan = try plan([], ["ONE_API_KEY": "x", "CONCLAVE_CONFIG": folder + "/conclave.json"])
    #expect(Reach(plan.settings).sentence == "only 1 of 2 models reachable, too few for a panel: set MANY_API_KEY")
  }
}

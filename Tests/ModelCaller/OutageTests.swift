import Deliberation
import ModelCaller
import Models
import SimulatorUnderTest
import Testing

/// These wait most of their time, so beside each other; they look at a clock, so by themselves.
@Suite(.timeLimit(.minutes(4))) struct OutageTests {
  private struct House {
    let simulator: SimulatorProcess
    let stage: Stage
    let caller: RunningCaller

    func behave(_ behaviour: String, for milliseconds: Int64) async throws {
      try await simulator.behave(["match": "", "behaviour": .string(behaviour), "for_ms": .int(milliseconds)])
    }

    var requests: Int { get async throws { Int(try await simulator.metric("conclave_simulator_requests_total")) } }
  }

  private func house(latency: Int = 20, room: Int = 100_000, timeouts: ProviderTimeouts = ProviderTimeouts())
    async throws -> House
  {
    let simulator = try SimulatorProcess(["--latency", "\(latency)"])
    let stage = try await Stage(simulator.url)
    let caller = try stage.caller("a", room: room, timeouts: timeouts)
    await caller.ready()
    return House(simulator: simulator, stage: stage, caller: caller)
  }

  @Test func `a provider that is down for 10 s loses no call, and is asked less than there are calls`() async throws {
    async let refused: Void = outage("status-503")
    async let hungUp: Void = outage("hangup")
    // it refuses at once and answers after as long as a call waits for a provider that is down
    async let slow: Void = outage("status-503+latency-0", latency: 20_000)
    _ = try await (refused, hungUp, slow)
  }

  private func outage(_ fault: String, latency: Int = 20) async throws {
    let house = try await house(latency: latency)
    try await house.behave(fault, for: 10_000)
    let begun = ContinuousClock.now
    for _ in 0..<300 { try await house.stage.command("simulator/model-a", milliseconds: 180_000) }
    await eventually("all have ended", within: .seconds(120)) { house.stage.events.count >= 300 }
    let took = ContinuousClock.now - begun
    #expect(house.stage.events.values.allSatisfy { $0["reason"] == nil })
    #expect(took < .seconds(40) + .milliseconds(2 * latency))
    let failed = try await house.requests - 300
    print("\(fault): 300 calls ended after \(took); the provider got \(failed) requests while it was down")
    #expect(failed < 150)
    #expect(house.caller.metric("conclave_provider_outages_total") >= 1)
    #expect(house.caller.metric("conclave_provider_probes_total") >= 1)
  }

  @Test func `the head of a probe's answer opens the door, however long the rest of it takes`() async throws {
    let house = try await house()
    try await house.behave("status-503", for: 2_000)
    // twenty seconds each, of which the first word comes at once
    for _ in 0..<40 { try await house.stage.command("simulator/words-400+pace-20", milliseconds: 120_000) }
    await eventually("the door is shut") { house.caller.metric("conclave_provider_open", of: "sim") == 0 }
    await eventually("it is open again", within: .seconds(15)) {
      house.caller.metric("conclave_provider_open", of: "sim") == 1
    }
    await eventually("all are under way") { house.caller.metric("conclave_provider_waiting", of: "sim") == 0 }
    #expect(house.stage.events.count == 0)
  }

  @Test func `a provider that falls silent among a steady stream of calls is open 30 s after it is back`()
    async throws
  {
    var timeouts = ProviderTimeouts()
    timeouts.firstToken = .seconds(3)
    let house = try await house(timeouts: timeouts)
    try await house.behave("silent", for: 9_000)
    let begun = ContinuousClock.now
    let outage = Duration.seconds(9)
    var (wasShut, openSince) = (false, ContinuousClock.Instant?.none)
    while ContinuousClock.now - begun < outage + .seconds(33) {
      try await house.stage.command("simulator/model-a", milliseconds: 120_000)
      await pace(.milliseconds(40))
      let isOpen = house.caller.metric("conclave_provider_open", of: "sim") == 1
      if !isOpen { (wasShut, openSince) = (true, nil) } else if openSince == nil { openSince = .now }
      // what timed out late of what was sent early is over, too
      if wasShut, let openSince, ContinuousClock.now - openSince > .seconds(5) { break }
    }
    let since = try #require(openSince)
    print("silent for 9 s: open again \(since - begun - outage) after that")
    #expect(wasShut)
    #expect(since - begun - outage < .seconds(30))
    let last = try await house.stage.outcome(try await house.stage.command())
    #expect(last["reason"] == nil)
  }

  @Test(arguments: ["stall", "half"])
  func `a provider whose answers break off in the middle is found to be down`(_ fault: String) async throws {
    var timeouts = ProviderTimeouts()
    timeouts.idle = .milliseconds(300)
    let house = try await house(timeouts: timeouts)
    try await house.behave(fault, for: 5_000)
    for _ in 0..<60 { try await house.stage.command("simulator/model-a", milliseconds: 120_000) }
    await eventually("it is found", within: .seconds(20)) {
      house.caller.metric("conclave_provider_outages_total") >= 1
    }
    await eventually("all have ended", within: .seconds(90)) { house.stage.events.count >= 60 }
    await eventually("it is back", within: .seconds(30)) {
      house.caller.metric("conclave_provider_open", of: "sim") == 1
    }
  }

  @Test func `calls with little time say nothing of a provider that needs more`() async throws {
    let house = try await house(latency: 20_000)
    for _ in 0..<60 { try await house.stage.command("simulator/model-a", milliseconds: 1_000) }
    await eventually("all have ended") { house.stage.events.count == 60 }
    #expect(house.stage.events.values.allSatisfy { $0["reason"]?.string == "timeout" })
    #expect(house.caller.metric("conclave_provider_outages_total") == 0)
    #expect(house.caller.metric("conclave_provider_cuts_total") == 0)
  }

  @Test func `a storm of 429 loses no call, and makes the provider's bound smaller for a while`() async throws {
    let room = 300
    let house = try await house(room: room)
    try await house.behave("status-429", for: 5_000)
    for _ in 0..<300 { try await house.stage.command("simulator/model-a", milliseconds: 120_000) }
    await eventually("the bound is cut") {
      house.caller.metric("conclave_provider_width", of: "sim") < Double(room) / 4
    }
    await eventually("all have ended", within: .seconds(60)) { house.stage.events.count >= 300 }
    #expect(house.stage.events.values.allSatisfy { $0["reason"] == nil })
    let requests = try await house.requests
    print("a storm of 5 s among 300 calls: \(requests) requests")
    #expect(requests < 300 * 3 / 2)
    #expect(house.caller.metric("conclave_provider_cuts_total") >= 2)
    #expect(house.caller.metric("conclave_provider_outages_total") == 0)
    // it grows while it is used
    var patience = 0
    while house.caller.metric("conclave_provider_width", of: "sim") < Double(room), patience < 6_000 {
      try await house.stage.command("simulator/model-a")
      patience += 1
      if patience % 20 == 0 { await pace(.milliseconds(100)) }
    }
    #expect(house.caller.metric("conclave_provider_width", of: "sim") == Double(room))
  }

  @Test func `timeouts make the bound smaller, and it grows again only while answers come as fast as usual`()
    async throws
  {
    var timeouts = ProviderTimeouts()
    timeouts.firstToken = .seconds(4)
    let room = 200
    let house = try await house(room: room, timeouts: timeouts)
    func width() -> Int { Int(house.caller.metric("conclave_provider_width", of: "sim")) }
    var asked = 0
    func ask(_ count: Int) async throws {
      for _ in 0..<count { try await house.stage.command("simulator/model-a", milliseconds: 120_000) }
      asked += count
    }
    func ended() async {
      await eventually("all have ended", within: .seconds(30)) { house.stage.events.count >= asked }
    }
    try await ask(40)
    await ended()
    #expect(width() == room)
    // too few for an outage
    try await house.behave("silent", for: 1_000)
    try await ask(10)
    await ended()
    #expect(house.caller.metric("conclave_provider_cuts_total") >= 1)
    #expect(house.caller.metric("conclave_provider_outages_total") == 0)
    #expect(width() < room / 10)
    // far slower than what a crowded machine made of the first answers
    try await house.behave("latency-2000", for: 120_000)
    try await ask(20)
    await ended()
    let slow = width()
    #expect(slow < room / 4)
    for _ in 0..<3 {
      try await ask(20)
      await ended()
      #expect(width() == slow)
    }
    try await house.behave("latency-20", for: 120_000)
    var patience = 0
    while width() < room, patience < 600 {
      try await ask(20)
      await ended()
      patience += 1
    }
    #expect(width() == room)
  }

  @Test(arguments: ["sim", "messages"])
  func `a provider that says how much is left is not asked for more, in either format's words`(
    _ provider: String
  ) async throws {
    let simulator = try SimulatorProcess(["--latency", "20"])
    let stage = try await Stage(simulator.url)
    let caller = try stage.caller(
      "a", via: ["limited": ["\(provider) simulator/ratelimit-0-3"], "free": ["\(provider) simulator/model-a"]])
    await caller.ready()
    // the first answer says that nothing is left for three seconds
    let told = ContinuousClock.now
    let first = try await stage.outcome(try await stage.command("limited"))
    #expect(first["reason"] == nil)
    let before = try await simulator.metric("conclave_simulator_requests_total")
    for _ in 0..<20 { try await stage.command("free") }
    await eventually("they wait") { caller.metric("conclave_provider_waiting", of: provider) == 20 }
    #expect(caller.metric("conclave_provider_allowance", of: provider) == 0)
    while ContinuousClock.now - told < .milliseconds(2_800) {
      let requests = try await simulator.metric("conclave_simulator_requests_total")
      if ContinuousClock.now - told < .milliseconds(2_800) { #expect(requests == before) }
      await pace(.milliseconds(20))
    }
    await eventually("all have ended") { stage.events.count >= 21 }
    #expect(try await simulator.metric("conclave_simulator_requests_total") == before + 20)
    #expect(stage.events.values.allSatisfy { $0["tries"]?.array?.count == 1 })
  }

  @Test func `what is left comes back little by little where the provider names its limit`() async throws {
    let simulator = try SimulatorProcess(["--latency", "20"])
    let stage = try await Stage(simulator.url)
    let caller = try stage.caller(
      "a", via: ["limited": ["sim simulator/ratelimit-0-60-600"], "free": ["sim simulator/model-a"]])
    await caller.ready()
    _ = try await stage.outcome(try await stage.command("limited"))
    let begun = ContinuousClock.now
    for _ in 0..<30 { try await stage.command("free") }
    await eventually("all have ended", within: .seconds(30)) { stage.events.count >= 31 }
    // ten a second
    let took = ContinuousClock.now - begun
    #expect(took > .milliseconds(2_500) && took < .seconds(20), "\(took)")
  }
}

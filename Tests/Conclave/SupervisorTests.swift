import Glibc
import Testing
import Threads

@testable import Conclave

/// Real processes: shells that announce themselves and do as they are told.
@Suite("A supervisor", .timeLimit(.minutes(1))) struct SupervisorTests {
  /// What a supervised system did, for a test to wait for.
  final class Watch: Sendable {
    private let state = Lock<(files: [RunFile.Process], lines: [String], ready: Int)>(([], [], 0))

    var processes: [RunFile.Process] { state.withLock { $0.files } }
    var lines: [String] { state.withLock { $0.lines } }
    var ready: Int { state.withLock { $0.ready } }
    func pid(_ name: String) -> Int32? { processes.first { $0.name == name }?.pid }
    func published(_ roster: Roster) { state.withLock { $0.files = RunFile.processes(roster) } }
    func becameReady() { state.withLock { $0.ready += 1 } }
    func wrote(_ text: String) {
      state.withLock { $0.lines += text.split(separator: "\n").map(String.init) }
    }
  }

  private static let announce = "echo '{\"admin\":\"x\"}' >&3; "
  private static let live = "trap 'echo ended; exit 0' TERM; while :; do sleep 0.02; done"

  /// Runs `scripts` by name as services, tells `body` about them, and ends them all.
  private func supervise(
    _ scripts: [(String, String)], patience: Roster.Patience = .init(),
    _ body: (Watch) async throws -> Void
  ) async throws -> (status: Int32, watch: Watch) {
    let watch = Watch()
    let log = LogForwarder { watch.wrote($0) }
    let slots = scripts.enumerated().map { index, script in
      Slot(
        name: script.0, instance: script.0, role: .service, endRank: index, program: "/bin/sh",
        arguments: ["-c", script.1])
    }
    let surroundings = Supervisor.Surroundings(
      launch: { slot, _ in .init(arguments: slot.arguments, environment: ["PATH": "/usr/bin:/bin"]) },
      probe: { _, answer in answer(true) },
      publish: { watch.published($0) },
      ready: { _ in watch.becameReady() })
    let supervisor = Supervisor(Roster(slots, patience: patience), surroundings: surroundings, log: log)
    let status = Lock<Int32?>(nil)
    let thread = NamedThread.start("supervisor") {
      let end = supervisor.run()
      status.withLock { $0 = end }
    }
    do { try await body(watch) } catch {
      supervisor.stop()
      supervisor.stop()
      thread.join()
      throw error
    }
    supervisor.stop()
    try await eventually("everything has ended") { status.withLock { $0 } != nil }
    thread.join()
    log.finish()
    return (try #require(status.withLock { $0 }), watch)
  }

  @Test("says once that all are ready, forwards their lines by name, and ends them in order")
  func wholeLife() async throws {
    let scripts = [("one", "echo hello; " + Self.announce + Self.live), ("two", Self.announce + Self.live)]
    let (status, watch) = try await supervise(scripts) { watch in
      try await eventually("ready") { watch.ready == 1 }
    }
    #expect(status == 0)
    #expect(watch.lines == ["one | hello", "one | ended", "two | ended"])
    #expect(watch.processes.isEmpty)
    #expect(watch.ready == 1)
  }

  @Test("starts a killed child again at once") func killed() async throws {
    _ = try await supervise([("one", Self.announce + Self.live)]) { watch in
      try await eventually("ready") { watch.ready == 1 }
      let first = try #require(watch.pid("one"))
      let before = ContinuousClock.now
      kill(first, SIGKILL)
      try await eventually("another process") { watch.pid("one").map { $0 != first } ?? false }
      // Without a pause; a machine full of other tests still needs its time to start a process.
      #expect(ContinuousClock.now - before < .seconds(8))
      #expect(watch.processes.first?.restarts == 1)
    }
  }

  @Test("kills a child that does not want to end, without waiting for it") func stubborn() async throws {
    let before = ContinuousClock.now
    let (status, _) = try await supervise(
      [("deaf", "trap '' TERM; " + Self.announce + "while :; do sleep 0.05; done")],
      patience: .init(stopping: .milliseconds(300))
    ) { watch in try await eventually("ready") { watch.ready == 1 } }
    #expect(status == 0)
    // left to itself it would never end; a machine full of other tests still needs its time
    #expect(ContinuousClock.now - before < .seconds(40))
  }

  @Test("says what is missing when a program is not there") func missing() {
    let watch = Watch()
    let log = LogForwarder { watch.wrote($0) }
    let slot = Slot(name: "ghost", instance: "ghost-0", role: .service, endRank: 0, program: "/nowhere/ghost")
    let supervisor = Supervisor(
      Roster([slot]),
      surroundings: .init(
        launch: { _, _ in .init(arguments: [], environment: [:]) }, probe: { _, _ in }, publish: { _ in },
        ready: { _ in }),
      log: log)
    let status = Lock<Int32?>(nil)
    NamedThread.start("supervisor") {
      let end = supervisor.run()
      status.withLock { $0 = end }
    }.join()
    log.finish()
    #expect(status.withLock { $0 } == 1)
    #expect(watch.lines == ["up | ghost-0: /nowhere/ghost is not there; build it with: swift build -c release"])
  }
}

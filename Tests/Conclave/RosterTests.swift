import Testing

@testable import Conclave

@Suite("A roster") struct RosterTests {
  let start = ContinuousClock.now

  private func slot(_ name: String, _ role: Slot.Role, endRank: Int) -> Slot {
    Slot(name: name, instance: "\(name)-0", role: role, endRank: endRank, program: "/bin/\(name)")
  }

  /// A broker (0), a simulator (1), a gateway (2) and a judge (3).
  private func roster() -> Roster {
    Roster([
      slot("broker", .broker, endRank: 9), slot("simulator", .simulator, endRank: 8),
      slot("gateway", .service, endRank: 0), slot("judge", .service, endRank: 1),
    ])
  }

  /// All four run and are ready.
  private func running(at now: ContinuousClock.Instant) -> Roster {
    var roster = roster()
    _ = roster.begin(now: now)
    for index in 0..<4 {
      _ = roster.started(index, pid: Int32(100 + index), now: now)
      _ = roster.announced(index, Announcement(admin: index < 2 ? nil : "127.0.0.1:\(index)"), now: now)
    }
    _ = roster.becameReady(2, pid: 102, now: now)
    #expect(roster.becameReady(3, pid: 103, now: now) == [.ready])
    return roster
  }

  private func isSaying(_ action: Roster.Action) -> Bool {
    if case .say = action { true } else { false }
  }

  private func withoutWords(_ actions: [Roster.Action]) -> [Roster.Action] { actions.filter { !isSaying($0) } }

  @Test("starts what everything else needs first, and the services when all of that has announced itself")
  func order() {
    var roster = roster()
    #expect(roster.begin(now: start) == [.start(0), .start(1)])
    #expect(roster.started(0, pid: 10, now: start) == [.publish])
    #expect(roster.started(1, pid: 11, now: start) == [.publish])
    #expect(roster.announced(1, Announcement(http: "127.0.0.1:1"), now: start) == [.publish])
    #expect(
      roster.announced(0, Announcement(bootstrap: "127.0.0.1:2"), now: start) == [.publish, .start(2), .start(3)])
  }

  @Test("is ready once, when every service is") func readiness() {
    var roster = running(at: start)
    #expect(roster.becameReady(3, pid: 103, now: start).isEmpty)
  }

  @Test("takes no word about a process for one about its successor") func staleReadiness() {
    var roster = running(at: start)
    let later = start + .seconds(20)
    _ = roster.ended(3, .signal(9), now: later)
    _ = roster.started(3, pid: 203, now: later)
    _ = roster.announced(3, Announcement(admin: "127.0.0.1:7"), now: later)
    #expect(roster.becameReady(3, pid: 103, now: later).isEmpty)
    #expect(roster.awaited.map(\.pid) == [203])
  }

  @Test("starts a dead service again at once, and later only when it died young before") func restarts() {
    var roster = running(at: start)
    var now = start + .seconds(60)
    #expect(withoutWords(roster.ended(2, .signal(9), now: now)) == [.publish, .start(2)])
    _ = roster.started(2, pid: 300, now: now)
    now += .seconds(1)
    #expect(withoutWords(roster.ended(2, .status(1), now: now)) == [.publish, .start(2)])
    _ = roster.started(2, pid: 301, now: now)
    now += .seconds(1)
    #expect(withoutWords(roster.ended(2, .status(1), now: now)) == [.publish])
    #expect(roster.nextTick == now + .milliseconds(100))
    #expect(roster.tick(now: now + .milliseconds(99)).isEmpty)
    #expect(roster.tick(now: now + .milliseconds(100)) == [.start(2)])
    #expect(roster.starts[2] == 3)
  }

  @Test("ends every service of a dead broker before it starts a new one, and then all of them") func renewal() {
    var roster = running(at: start)
    let now = start + .seconds(30)
    #expect(withoutWords(roster.ended(0, .signal(6), now: now)) == [.publish, .signal(2, 15), .signal(3, 15)])
    #expect(roster.ended(2, .status(0), now: now) == [.publish])
    #expect(withoutWords(roster.tick(now: now + .seconds(1))) == [.signal(3, 9)])
    #expect(roster.ended(3, .signal(9), now: now) == [.publish, .start(0)])
    _ = roster.started(0, pid: 400, now: now)
    let announced = roster.announced(0, Announcement(bootstrap: "127.0.0.1:9"), now: now)
    #expect(withoutWords(announced) == [.publish, .start(2), .start(3)])
  }

  @Test("ends the gateway first and what everything rests on last") func stopping() {
    var roster = running(at: start)
    #expect(roster.stopAsked(now: start) == [.signal(2, 15)])
    #expect(roster.ended(2, .status(0), now: start) == [.publish, .signal(3, 15)])
    #expect(roster.ended(3, .status(0), now: start) == [.publish, .signal(1, 15)])
    #expect(roster.ended(1, .status(0), now: start) == [.publish, .signal(0, 15)])
    #expect(roster.ended(0, .status(0), now: start) == [.publish, .leave(status: 0)])
  }

  @Test("kills what does not end in time, and everything when it is asked twice") func killing() {
    var roster = running(at: start)
    _ = roster.stopAsked(now: start)
    #expect(roster.nextTick == start + .seconds(25))
    #expect(withoutWords(roster.tick(now: start + .seconds(25))) == [.signal(2, 9)])
    #expect(roster.stopAsked(now: start) == [.signal(0, 9), .signal(1, 9), .signal(2, 9), .signal(3, 9)])
  }

  @Test(
    "in any order of deaths leaves when the last child is gone",
    arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
  func anyOrder(_ order: [Int]) {
    var roster = running(at: start)
    _ = roster.stopAsked(now: start)
    for index in order.dropLast() {
      #expect(!roster.ended(index, .status(0), now: start).contains(.leave(status: 0)))
    }
    #expect(roster.ended(order[3], .status(0), now: start).contains(.leave(status: 0)))
  }

  @Test("gives up when a service refuses its settings before anything was ready") func refused() {
    var roster = roster()
    _ = roster.begin(now: start)
    _ = roster.started(0, pid: 1, now: start)
    _ = roster.started(1, pid: 2, now: start)
    #expect(withoutWords(roster.ended(1, .status(2), now: start)) == [.publish, .signal(0, 15)])
    #expect(roster.ended(0, .status(0), now: start) == [.publish, .leave(status: 1)])
  }

  @Test("gives up on a child that keeps dying and never was ready") func hopeless() {
    var roster = roster()
    _ = roster.begin(now: start)
    _ = roster.started(0, pid: 1, now: start)
    var now = start
    for attempt in 0..<4 {
      _ = roster.started(1, pid: Int32(10 + attempt), now: now)
      _ = roster.ended(1, .status(1), now: now)
      if let next = roster.nextTick { now = next }
      #expect(roster.life == .going(wasReady: false))
      _ = roster.tick(now: now)
    }
    _ = roster.started(1, pid: 20, now: now)
    _ = roster.ended(1, .status(1), now: now)
    #expect(roster.life == .stopping(status: 1))
  }
}

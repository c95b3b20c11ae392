import Testing

@testable import Chaos

@Suite("The chaos harness") struct ChaosTests {
  @Test("kills everyone as often as asked, in the middle of a run, at the same moments for one seed") func schedule() {
    let schedule = KillSchedule(KillScenario.victims, kills: 3, seed: 7)
    #expect(schedule == KillSchedule(KillScenario.victims, kills: 3, seed: 7))
    #expect(schedule != KillSchedule(KillScenario.victims, kills: 3, seed: 8))
    #expect(schedule.moments.count == 12)
    for victim in KillScenario.victims { #expect(schedule.moments.count { $0.victim == victim } == 3) }
    #expect(schedule.moments.allSatisfy { (0.2...0.85).contains($0.progress) })
    #expect(schedule.moments.map(\.progress) == schedule.moments.map(\.progress).sorted())
  }

  @Test("reads a metric over all its labels") func scrape() {
    let scrape = Scrape(
      """
      # HELP conclave_calls_in_flight calls
      # TYPE conclave_calls_in_flight gauge
      conclave_calls_in_flight{lane="default"} 3
      conclave_calls_in_flight{lane="a lane"} 4
      conclave_calls_in_flight_highest 9
      """)
    #expect(scrape.sum("conclave_calls_in_flight") == 7)
    #expect(scrape.sum("conclave_calls") == nil)
  }

  @Test("takes its options, and refuses what it does not know") func options() throws {
    let options = try #require(Options(["kill", "--asks", "200", "--seed", "9", "--keep", "--freezes", "3,4"]))
    #expect(options.asks == 200)
    #expect(options.seed == 9)
    #expect(options.keeps)
    #expect(options.freezes == [3, 4])
    for wrong in [[], ["--asks", "3"], ["kill", "--asks"], ["kill", "--asks", "0"], ["kill", "--what", "1"]] {
      #expect(Options(wrong) == nil)
    }
  }

  @Test("signals no process but the program that is meant") func onlyTheVictim() {
    #expect(throws: Failure.self) { try Process.send(0, to: 1, program: "judge") }
  }
}

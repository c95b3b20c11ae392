import Testing

@testable import Conclave

@Suite("bench core --hold") struct CoreBenchTests {
  private func faults(_ rate: Double, _ held: Int) -> [String] {
    CoreWorkload.faults("judge", eventsPerSecond: rate, heldBytes: held, allowedBytes: 60_000)
  }

  @Test("names who is too slow or takes too much, and nobody else") func faults() {
    #expect(faults(100_000, 60_000) == [])
    #expect(faults(99_999, 60_000).map { $0.prefix(6) } == ["judge:"])
    #expect(faults(100_000, 60_001) == ["judge: 60001 bytes/open, more than 60000"])
    #expect(faults(1, 60_001).count == 2)
  }
}

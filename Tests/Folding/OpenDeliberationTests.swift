import Folding
import Testing

@Suite("An open deliberation") struct OpenDeliberationTests {
  @Test("takes at most 1.5 times its question and answers, and 8 KB, in each service") func memory() async {
    // in a process of its own, because what it takes is read from the allocator
    await #expect(processExitsWith: .success) {
      let services = try CoreBench.run(deliberations: 24, answerBytes: 4_096).services
      try #require(services.count == 3 && services.allSatisfy { $0.heldBytes <= $0.allowedBytes })
    }
  }
}

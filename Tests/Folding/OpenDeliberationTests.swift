import Folding
import Testing

@Suite("An open deliberation") struct OpenDeliberationTests {
  @Test("takes at most 1.5 times its question and answers, and 8 KB, in each service") func memory() async {
    // in a process of its own, because what it takes is read from the allocator
    await #expect(processExitsWith: .success) {
      let result = try CoreBench.run(deliberations: 24, answerBytes: 4_096)
      #expect(result.services.count == 3)
      for figures in result.services { #expect(figures.heldBytes <= figures.allowedBytes, "\(figures)") }
    }
  }
}

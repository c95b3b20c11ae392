import Testing

@testable import ModelSimulator

@Suite struct PanellistTests {
  private let question = "Should a regional hospital move its patient records to a cloud provider?"
  private let models = ["a/one", "b/two", "c/three", "d/four", "e/five", "f/six"]

  @Test("the same prompt and model give the same words, another model other words")
  func deterministic() {
    let answers = models.map { Panellist(question: question, model: $0).answer() }
    #expect(answers == models.map { Panellist(question: question, model: $0).answer() })
    #expect(Set(answers).count == models.count)
    #expect(Panellist(question: "Why is the sky blue?", model: "a/one").answer() != answers[0])
  }

  @Test("answers are marked as simulated and speak of the question")
  func readable() {
    let answer = Panellist(question: question, model: "a/one").answer()
    #expect(answer.hasPrefix("[simulated] "))
    #expect(answer.contains("hospital") || answer.contains("provider") || answer.contains("regional"))
    #expect(!answer.contains("{"))
  }

  @Test("over many questions, models agree in part, contradict each other, and each knows something alone")
  func overlap() {
    var (agreed, disputed, partial) = (0, 0, 0)
    for number in 0..<50 {
      let comparison = Comparison(
        of: models.prefix(3).map {
          .init(
            label: $0, text: Panellist(question: "Is plan number \(number) for harbours sound?", model: $0).answer())
        })
      agreed += comparison.consensus.isEmpty ? 0 : 1
      disputed += comparison.contradictions.isEmpty ? 0 : 1
      partial += comparison.partial.isEmpty ? 0 : 1
      #expect(Set(comparison.unique.flatMap(\.labels)) == Set(models.prefix(3)))
    }
    #expect(agreed == 50)
    #expect(disputed > 40)
    #expect(partial > 40)
  }

  @Test("an answer can be asked for in words or bytes", arguments: [1, 10, 400, 5000])
  func sized(size: Int) {
    let answer = Panellist(question: question, model: "a/one").answer(words: size)
    #expect(answer.split { $0.isWhitespace }.count == size + 1)
    #expect(SimulatedModel.sized(answer, to: size).utf8.count == size)
  }

  @Test("a salt gives another text")
  func salted() {
    #expect(
      Panellist(question: question, model: "a/one", salt: "x").answer()
        != Panellist(question: question, model: "a/one", salt: "y").answer())
  }
}

/// What an answer to almost any question could speak of, to see what a whole panel left out.
enum Aspects {
  private struct Aspect {
    let words: [String]
    let gap: String
  }

  private static let all = [
    Aspect(words: ["cost", "price", "budget", "pays"], gap: "No answer says what it would cost."),
    Aspect(words: ["risk", "danger", "failure"], gap: "No answer weighs the risks."),
    Aspect(words: ["legal", "law", "regulation"], gap: "No answer looks at legal duties."),
    Aspect(words: ["security", "privacy", "attack"], gap: "No answer considers security or privacy."),
    Aspect(words: ["alternative", "instead", "elsewhere"], gap: "No answer compares alternatives."),
    Aspect(words: ["week", "month", "year", "days"], gap: "No answer gives a time frame."),
    Aspect(words: ["people", "team", "customer", "users"], gap: "No answer says who is affected."),
    Aspect(words: ["environment", "energy", "climate"], gap: "No answer considers the environment."),
  ]

  static func missing(in texts: [String]) -> [String] {
    var present: Set<Substring> = []
    for text in texts {
      // Keys are lower case with single spaces: words can be compared as they stand.
      let key = Sentences.key(of: Substring(text))
      for word in key.split(separator: " ") { present.insert(word) }
    }
    return all.filter { aspect in
      !aspect.words.contains { word in present.contains(Substring(word)) || present.contains(Substring(word + "s")) }
    }.prefix(3).map(\.gap)
  }
}

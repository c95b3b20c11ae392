/// The sentences that simulated models draw from. `{a}` and `{b}` are the question's subject, `{n}` a number.
enum Claims {
  /// What most models say.
  static let common = [
    "The goal behind {a} should be written down before anything about {b} is decided.",
    "The evidence on {a} is good enough to act on, but not good enough to stop measuring.",
    "Most of the cost of {a} appears later, in keeping it working beside {b}.",
    "A small trial of {a} teaches more than a long debate about {b}.",
    "Whoever owns {a} must be able to undo it when {b} turns out differently.",
    "The people who work with {b} every day should be asked before {a} changes.",
    "There is no answer on {a} that holds for every size of {b}.",
    "Success with {a} has to be measured by its effect on {b}, not by activity.",
  ]

  /// What one or several say.
  static let occasional = [
    "Data about {b} from the last {n} months is the cheapest place to start.",
    "Teams that tried {a} before report that training took {n} weeks longer than planned.",
    "Regulation may decide about {b} before {a} does.",
    "An outside review of {a} is worth its price once more than {n} people depend on it.",
    "The second attempt at {a} usually succeeds where the first one was rushed.",
    "Documentation about {b} ages faster than the thing itself.",
    "A rough estimate puts the effort for {a} at {n} working days.",
    "Simple tools are enough for {b} until the load has grown {n} times.",
    "The dependency between {a} and {b} is weaker than it looks at first.",
    "Customers notice {b} long before they notice {a}.",
    "Keeping the old way alive beside {a} for {n} weeks lowers the risk a good deal.",
    "Nobody has measured {b} well, so every number about it deserves doubt.",
  ]

  struct Contested: Sendable {
    let topic: String
    let stances: [String]
  }

  /// What models disagree on: "On <topic>, <stance>".
  static let contested = [
    Contested(
      topic: "timing",
      stances: [
        "{a} should begin now, while attention is there.", "{a} should wait until {b} has settled.",
        "{a} should begin in {n} weeks, after one rehearsal.",
      ]),
    Contested(
      topic: "cost",
      stances: [
        "{a} pays for itself within a year.", "{a} costs more than it returns for at least two years.",
        "the cost of {a} cannot be told before {b} is known.",
      ]),
    Contested(
      topic: "the main risk",
      stances: [
        "losing trust in {b} weighs more than any technical failure.",
        "a technical failure of {a} weighs more than anything else.",
        "doing nothing about {a} is the greater danger.",
      ]),
    Contested(
      topic: "responsibility",
      stances: [
        "one person should decide about {a} alone.", "{a} belongs to the whole group that lives with {b}.",
        "an outside party should decide about {a}.",
      ]),
    Contested(
      topic: "scale",
      stances: [
        "{a} works best small and many times over.", "{a} only makes sense at full size.",
        "the size of {a} matters less than the order of its steps.",
      ]),
    Contested(
      topic: "method",
      stances: [
        "measuring {b} first and deciding later is the sound way.",
        "deciding on principle and measuring {a} afterwards is the sound way.",
        "copying what worked elsewhere for {a} is the sound way.",
      ]),
  ]

  /// What a model alone says; with its number it is hardly ever said twice.
  static let single = [
    "One observation of my own: {n} percent of the effort around {a} goes into handing over, not into the work itself.",
    "One thing that is easily missed: {b} has a rhythm of about {n} days, and {a} should follow it.",
    "A comparison worth making: {a} behaves like a queue with {n} places, and {b} like its only exit.",
    "A quiet warning: after {n} repetitions nobody reads what {a} reports about {b}.",
    "Seen from the end: in {n} months the question will be who still understands {a}, not whether it works.",
    "A cheap test: leave {b} alone for {n} days and see whether anybody asks for {a}.",
    "An odd fact: groups of {n} settle {a} faster than groups of any other size.",
    "If only one number about {b} could be kept, keep the {n}th percentile of the waiting time.",
  ]

  /// The claim about that subject, as a sentence that begins with a capital where it stands alone.
  static func filled(_ claim: String, _ subject: Subject, number: Int, capitalised: Bool = false) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(claim.utf8.count + 64)
    var rest = Array(claim.utf8)[...]
    while let open = rest.firstIndex(of: UInt8(ascii: "{")), open + 2 < rest.endIndex {
      bytes += rest[..<open]
      switch rest[open + 1] {
      case UInt8(ascii: "a"): bytes += subject.first.utf8
      case UInt8(ascii: "b"): bytes += subject.second.utf8
      default: bytes += String(number).utf8
      }
      rest = rest[(open + 3)...]
    }
    bytes += rest
    if capitalised, let first = bytes.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) {
      bytes[0] = first & 0xdf
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// One word of a simulated model's name: how it is to behave.
enum Part: Equatable, Sendable {
  enum Wire: String, Sendable, CaseIterable {
    case crlf
    case split
    case comments
    case multiLine = "multi-line"
    case noDone = "no-done"
    case noFinish = "no-finish"
    /// What follows the finish reason is no JSON, or an error.
    case brokenAfterFinish = "broken-after-finish"
    case errorAfterFinish = "error-after-finish"
    /// The body is compressed.
    case gzip
  }

  enum Content: String, Sendable, CaseIterable {
    case empty
    case inject
    case control
    case invalidUTF8 = "invalid-utf8"
    case toolNotOffered = "tool-not-offered"
    case toolBadArguments = "tool-bad-arguments"
    /// A function's arguments hold the words of the answer, at its pace.
    case toolLong = "tool-long"
  }

  enum Judging: String, Sendable, CaseIterable {
    case falseQuotes = "judge-false-quotes"
    case wrongLabels = "judge-wrong-labels"
    case brokenJSON = "judge-broken-json"
    case brokenFirst = "judge-broken-first"
    case fenced = "judge-fenced"
    case empty = "judge-empty"
    case schema = "judge-schema"
    case prose = "judge-prose"
  }

  enum Fusing: Equatable, Sendable {
    case over(words: Int)
    case never
    case always
  }

  enum Occasion: Equatable, Sendable {
    case first(Int)
    case sometimes(percent: Int)
    /// Between these seconds after the first request for the model.
    case between(ClosedRange<Int>)
  }

  case latency(ClosedRange<Int>)
  case pace(wordsPerSecond: Int)
  case drip(milliseconds: Int)
  case words(Int)
  case bytes(Int)
  case fault(Fault)
  case retryAfter(seconds: Int, asDate: Bool)
  /// Without a limit nothing says how fast it comes back.
  case rateLimit(remaining: Int, resetSeconds: Int, limit: Int?)
  case occasion(Occasion)
  case wire(Wire)
  case content(Content)
  case finish(String)
  case cost(Double?)
  case noUsage
  case cached(Int)
  case reasoning
  case vary
  case judging(Judging)
  case fusing(Fusing)
  /// Calls what the question names again after every result.
  case toolsAlways
  /// Means nothing: another personality.
  case personality
}

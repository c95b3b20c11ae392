/// Something that must not be so, and where to look.
struct Finding: Sendable, Equatable {
  let rule: Rule
  let detail: String
}

/// What a run must keep to.
enum Rule: String, Sendable, CaseIterable {
  case complete = "the topics and the clients' record are whole"
  case ends = "each ask has one end"
  case results = "each ask has one result, that of its first end"
  case clients = "each client got that result, once"
  case contents = "no id has two contents (calls, ends and clocks apart)"
  case digests = "digests and totals can be recomputed"
  case seals = "nothing ended before its panel was sealed"
  case repeats = "repeated calls are those in flight, or just finished, where a caller was killed"
  case readable = "nothing was unreadable"
  case doubles = "the fault left doubles in the log"
}

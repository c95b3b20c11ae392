/// Totals of a batch, added to the file once at its end.
struct Sums {
  struct Day: Hashable {
    let day: String
    let tenant: String
    /// Empty where no key asked.
    let key: String
    let model: String
  }

  struct Spent: Equatable {
    var calls: Int64 = 0
    var failed: Int64 = 0
    var promptTokens: Int64 = 0
    var completionTokens: Int64 = 0
    var cost: Int64 = 0
    var costRepeated: Int64 = 0
  }

  struct Stood: Equatable {
    var compared: Int64 = 0
    var contradicted: Int64 = 0
    var alone: Int64 = 0
    var insights: Int64 = 0
  }

  struct Pair: Hashable {
    let one: String
    let other: String
  }

  struct Met: Equatable {
    var compared: Int64 = 0
    var apart: Int64 = 0
  }

  struct Choice: Hashable {
    let model: String
    let outcome: String
  }

  var days: [Day: Spent] = [:]
  var standings: [String: Stood] = [:]
  var pairs: [Pair: Met] = [:]
  var choices: [Choice: Int64] = [:]
}

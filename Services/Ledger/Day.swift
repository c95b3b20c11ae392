internal import Deliberation

/// A calendar day in UTC.
enum Day {
  static func text(_ milliseconds: Int64) -> String {
    String(Moment(milliseconds: milliseconds).rfc3339.prefix(10))
  }
}

/// Something read from the log, with its place among the first occurrences of its deliberation. An end rests on the
/// facts before a certain place, so what is built from it leaves out those behind.
package struct Fact<Value: Sendable>: Sendable {
  package let value: Value
  package let id: String
  package let place: Int
  package let time: Moment
}

extension Fact: Equatable where Value: Equatable {}

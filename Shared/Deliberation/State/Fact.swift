/// Something read from the log, with its place among the first occurrences of its deliberation. An end rests on the
/// facts before a certain place, so what is built from it leaves out those behind.
///
/// It never changes, so whoever keeps it shares it: a state is copied often, and facts are large.
@dynamicMemberLookup
package final class Fact<Value: Sendable>: Sendable {
  package let value: Value
  package let id: String
  package let place: Int
  package let time: Moment

  init(value: Value, id: String, place: Int, time: Moment) {
    self.value = value
    self.id = id
    self.place = place
    self.time = time
  }

  /// A part of the value, without a copy of the rest.
  package subscript<Part>(dynamicMember part: KeyPath<Value, Part>) -> Part { value[keyPath: part] }
}

extension Fact: Equatable where Value: Equatable {
  package static func == (left: Fact, right: Fact) -> Bool {
    left === right
      || left.place == right.place && left.time == right.time && left.id == right.id && left.value == right.value
  }
}

/// A record to be written. Without a partition the key decides where it goes (`Partitioner`).
package struct Outgoing: Sendable, Equatable {
  package let topic: String
  package let partition: Int32?
  package let key: [UInt8]?
  package let value: [UInt8]?
  package let headers: [Header]
  /// What its writing is a part of, where that is to be told; the record's own trace context says which part.
  package var step: Step?

  /// `parent`: the id of the span that it is written because of; nil: nothing known.
  package struct Step: Sendable, Equatable {
    package let parent: String?

    package init(parent: String?) { self.parent = parent }
  }

  package init(topic: String, partition: Int32? = nil, key: [UInt8]?, value: [UInt8]?, headers: [Header] = []) {
    self.topic = topic
    self.partition = partition
    self.key = key
    self.value = value
    self.headers = headers
  }

  /// What counts against `limits.record_bytes`: key, value and headers together.
  package var size: Int {
    headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
  }
}

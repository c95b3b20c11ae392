/// What a topic must look like.
package struct TopicShape: Sendable, Equatable {
  package let name: String
  package let partitions: Int
  /// How long records are kept; nil: for ever.
  package let retention: Duration?
  package let cleanup: String
  /// Whether more partitions than asked for are as good: true where nothing depends on a key's place.
  package let mayGrow: Bool

  package init(name: String, partitions: Int, retention: Duration?, cleanup: String = "delete", mayGrow: Bool = false) {
    self.name = name
    self.partitions = partitions
    self.retention = retention
    self.cleanup = cleanup
    self.mayGrow = mayGrow
  }
}

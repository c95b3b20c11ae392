extension Deliberation {
  /// Whether an event of that id was read.
  package func hasSeen(_ id: String) -> Bool { seen.contains(id) }
}

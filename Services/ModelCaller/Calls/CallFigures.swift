package import Deliberation

/// What the table counts, for metrics.
package struct CallFigures: Sendable, Equatable {
  package var inFlight = 0
  package var held = 0
  package var started = 0
  package var tries = 0
  package var completed = 0
  package var failed: [FailureReason: Int] = [:]
  package var replayed = 0
  package var deadLetters = 0
  package var repaired = 0
  package var cacheHits = 0
  package var cacheMisses = 0
  /// Calls that waited for the answer of another one that asked the same.
  package var shared = 0
  /// Second requests because the first was slow, and those of them that were faster.
  package var hedges = 0
  package var hedgesWon = 0
  package var endedElsewhere = 0
  package var cost = 0.0

  package init() {}
}

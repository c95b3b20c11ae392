import Testing
import Waiting

/// Waits until it is so; fails the test where it is not in time.
func eventually(
  _ what: Comment, within limit: Duration = .seconds(10), sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () -> Bool
) async {
  var patience = Patience(limit)
  while !condition() {
    if patience.isOver() {
      Issue.record(what, sourceLocation: sourceLocation)
      return
    }
    // no test waits for time: it looks again soon
    await pace(.milliseconds(1))
  }
}

/// Lets others have the core for a moment: between two looks, or between two records of a steady stream.
func pace(_ moment: Duration) async { try? await Task.sleep(for: moment) }

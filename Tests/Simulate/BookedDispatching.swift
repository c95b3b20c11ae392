import Deliberation
import Threads

/// The dispatcher's decisions with the requests to cancel that its service has read.
struct BookedDispatching: Decides {
  let book: Lock<[String: [Dispatching.PendingCancel]]>
  private let dispatching = Dispatching()

  init(_ book: Lock<[String: [Dispatching.PendingCancel]]>) { self.book = book }

  func decide(_ deliberation: Deliberation, now: Moment) -> [Output] {
    dispatching.decide(deliberation, now: now, cancels: book.withLock { $0[deliberation.id] } ?? [])
  }

  func wake(_ deliberation: Deliberation) -> Moment? { dispatching.wake(deliberation) }
  func isOpen(_ deliberation: Deliberation) -> Bool { dispatching.isOpen(deliberation) }
  func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing {
    dispatching.passes(name, id: id, state)
  }
}

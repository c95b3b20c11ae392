import Deliberation

/// The dispatcher's decisions with what was asked to be cancelled: that stands in the log before anything else is called.
struct CancellableDispatching: Decides {
  let book: CancelBook
  private let dispatching = Dispatching()

  init(book: CancelBook) { self.book = book }

  func decide(_ deliberation: Deliberation, now: Moment) -> [Output] {
    dispatching.decide(deliberation, now: now, cancels: book.requests(deliberation.id))
  }

  func wake(_ deliberation: Deliberation) -> Moment? { dispatching.wake(deliberation) }
  func passes(type: String, id: String, _ state: Deliberation?) -> [String] {
    dispatching.passes(type: type, id: id, state)
  }
  func drops(_ event: Event) -> Event { dispatching.drops(event) }
  func isOpen(_ deliberation: Deliberation) -> Bool { dispatching.isOpen(deliberation) }
}

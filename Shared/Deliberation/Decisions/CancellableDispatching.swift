/// The dispatcher's decisions with what was asked to be cancelled: that stands in the log before anything else is called.
package struct CancellableDispatching: Decides {
  /// What was asked for a deliberation on `cancels`.
  private let requests: @Sendable (String) -> [Dispatching.PendingCancel]
  private let dispatching = Dispatching()

  package init(requests: @escaping @Sendable (String) -> [Dispatching.PendingCancel]) { self.requests = requests }

  package func decide(_ deliberation: Deliberation, now: Moment) -> [Output] {
    dispatching.decide(deliberation, now: now, cancels: requests(deliberation.id))
  }

  package func wake(_ deliberation: Deliberation) -> Moment? { dispatching.wake(deliberation) }
  package func passes(_ name: Event.Name, id: String, _ state: Deliberation?) -> Passing {
    dispatching.passes(name, id: id, state)
  }
  package func isOpen(_ deliberation: Deliberation) -> Bool { dispatching.isOpen(deliberation) }
}

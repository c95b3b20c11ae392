import Bus

extension Waiting {
  /// A reply that cannot be read is counted and not written anywhere: whoever waits for it is told at its deadline.
  func unreadable(_ record: Record) { noteUnreadable(record.offset) }

  /// The deliberation had ended before this ask joined it.
  func ended(_ deliberation: String) {
    for client in take(deliberation) {
      Failure(
        409, "precondition_failed",
        "The deliberation of this key has ended before; its result is on the results topic. Use another key to ask again."
      ).respond(client.responder, deliberation)
    }
  }
}

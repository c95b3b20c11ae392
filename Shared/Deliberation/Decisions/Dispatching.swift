/// To come within the hour.
package struct Dispatching: Decides {
  package init() {}
  package func decide(_ deliberation: Deliberation, now: Moment) -> [Output] { [] }
  package func wake(_ deliberation: Deliberation) -> Moment? { nil }
  package func isOpen(_ deliberation: Deliberation) -> Bool { deliberation.isOpen }
}

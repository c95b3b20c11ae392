/// What a call is for within a deliberation, as its call id says it.
enum Purpose: String, Sendable, CaseIterable {
  case decision, panel, judge, answer
}

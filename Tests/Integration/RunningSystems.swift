import Testing

/// Everything below runs a whole system, one after the other: two cores carry one at a time.
@Suite(.serialized) enum RunningSystems {}

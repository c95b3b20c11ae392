import Testing

/// What runs callers over a broker and the simulator: one after the other, as each takes much of a machine.
@Suite(.serialized) enum OnABroker {}

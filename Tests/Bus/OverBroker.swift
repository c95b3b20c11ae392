import Testing

/// Everything that talks to a broker, one test after the other: several of them measure time.
@Suite("The bus over a broker", .serialized) enum OverBroker {}

/// The librdkafka properties of our handles: what the guarantees rest on, then what the measurements showed, then what
/// the user passes through.
enum ClientProperties {
  /// What may not be set from outside, and why.
  static let refused: [String: String] = {
    var refused: [String: String] = [:]
    func refuse(_ why: String, _ names: String...) { for name in names { refused[name] = why } }
    refuse("CONCLAVE_KAFKA names the brokers", "bootstrap.servers", "metadata.broker.list")
    refuse("it decides who is who", "client.id", "group.id", "group.instance.id", "transactional.id")
    refuse("records must be written once and in order", "enable.idempotence", "max.in.flight")
    refuse(
      "records must be written once and in order", "max.in.flight.requests.per.connection", "queuing.strategy",
      "enable.gapless.guarantee")
    refuse("an acknowledged record must be on all replicas", "acks", "request.required.acks")
    refuse(
      "the producer sends again until it is closed", "message.timeout.ms", "delivery.timeout.ms", "retries",
      "message.send.max.retries")
    refuse("Java clients must agree on where a key lives", "partitioner")
    refuse(
      "offsets follow acknowledged outputs", "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store")
    refuse("a lost position must be seen", "auto.offset.reset")
    refuse("all members of a group must use the same", "partition.assignment.strategy")
    refuse("a small value costs up to a second per refill; lower queued.max.messages.kbytes", "queued.min.messages")
    refuse("a consumer that is paused still polls", "max.poll.interval.ms")
    refuse("log lines come out through our own log", "log.queue", "log_level")
    refuse("a fold must know where a partition ends", "enable.partition.eof")
    refuse("it would talk to a broker of its own", "test.mock.num.brokers")
    return refused
  }()

  static func producer(_ settings: BusSettings, client: String) throws(BusError) -> [(String, String)] {
    try check(settings)
    return common(settings, client) + [
      ("enable.idempotence", "true"),
      ("acks", "all"),
      ("linger.ms", "0"),
      // never: what is not acknowledged waits for the brokers, and only close gives it up
      ("message.timeout.ms", "0"),
      ("partitioner", "murmur2_random"),
      ("queue.buffering.max.messages", "100000"),
      ("queue.buffering.max.kbytes", "\(Tuning.maxPendingBytes >> 10)"),
      // the headers' lengths come on top of the bytes that are counted
      ("message.max.bytes", "\(settings.recordBytes + 65_536)"),
    ] + passed(settings)
  }

  static func consumer(
    _ settings: BusSettings, client: String, subscription: Subscription
  ) throws(BusError) -> [(String, String)] {
    try check(settings)
    let embedded = settings.kind == .embedded
    var properties =
      common(settings, client) + [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        // says where a partition ends where the last offsets are no records
        ("enable.partition.eof", "true"),
        ("partition.assignment.strategy", "range"),
        ("fetch.wait.max.ms", "\(embedded ? Tuning.fetchWaitEmbedded : Tuning.fetchWaitKafka)"),
        ("fetch.error.backoff.ms", "\(Tuning.fetchErrorBackoff)"),
        ("queued.max.messages.kbytes", "\(Tuning.prefetchKilobytes)"),
        ("fetch.message.max.bytes", "\(max(1_048_576, settings.recordBytes + 65_536))"),
      ]
    switch subscription {
    case .group(let group, let instance, _, let session):
      let milliseconds = session.milliseconds
      properties.append(("group.id", group))
      properties.append(("session.timeout.ms", "\(milliseconds)"))
      properties.append(("heartbeat.interval.ms", "\(max(1, min(Tuning.heartbeat, milliseconds / 3)))"))
      if let instance { properties.append(("group.instance.id", instance)) }
    case .assigned(_, let group):
      // librdkafka asks for a group also where nothing is ever committed
      properties.append(("group.id", group ?? "\(settings.prefix)none"))
    }
    return properties + passed(settings)
  }

  static func admin(_ settings: BusSettings, client: String) throws(BusError) -> [(String, String)] {
    try check(settings)
    return common(settings, client) + passed(settings)
  }

  private static func common(_ settings: BusSettings, _ client: String) -> [(String, String)] {
    [
      ("bootstrap.servers", settings.bootstrap),
      ("client.id", client),
      ("reconnect.backoff.ms", "50"),
      ("reconnect.backoff.max.ms", "\(Tuning.reconnectBackoffMax)"),
      ("socket.nagle.disable", "true"),
      ("log_level", "6"),
    ]
  }

  private static func passed(_ settings: BusSettings) -> [(String, String)] {
    settings.properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func check(_ settings: BusSettings) throws(BusError) {
    for name in settings.properties.keys.sorted() {
      if let why = refused[name] { throw .refusedProperty(name, why: why) }
    }
  }
}

extension Duration {
  /// Whole milliseconds, rounded up; at most what fits 32 bits.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    if seconds > 2_000_000 { return 2_000_000_000 }
    return max(0, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
  }

  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}

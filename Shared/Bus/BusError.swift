/// What can go wrong on the bus, with what to do about it.
package enum BusError: Error, Sendable, Equatable, CustomStringConvertible {
  case refusedProperty(String, why: String)
  case tooLarge(topic: String, bytes: Int, limit: Int)
  case noSuchPartition(topic: String, partition: Int32, has: Int32)
  case unknownTopic(String)
  case denied(String, why: String)
  case closed
  case unreachable(String, why: String)
  case timedOut(String)
  /// A topic that exists has another number of partitions than the services need.
  case shape(topic: String, has: Int, needs: Int)
  /// A topic does not keep its records as the services need.
  case keeping(topic: String, property: String, has: String, needs: String)
  case fenced(instance: String)
  case notAssigned(TopicPartition)
  case noGroup
  case metadataTooLong(TopicPartition, characters: Int)
  /// Anything else that librdkafka or a broker said.
  case broker(what: String, name: String, why: String, retriable: Bool, fatal: Bool)

  package var isRetriable: Bool {
    switch self {
    case .unreachable, .timedOut: true
    case .broker(_, _, _, let retriable, _): retriable
    default: false
    }
  }

  /// Whether the process cannot go on with the handle, or at all, that said it.
  package var isFatal: Bool {
    switch self {
    case .fenced, .shape, .refusedProperty: true
    case .broker(_, _, _, _, let fatal): fatal
    default: false
    }
  }

  /// Whether a service that makes ready its topics in this way must end: waiting would not make them what it needs.
  package func isUnmendable(in mode: BusSettings.TopicsMode) -> Bool {
    switch self {
    case .shape, .refusedProperty: true
    case .unknownTopic: mode == .check
    default: false
    }
  }

  package var description: String {
    switch self {
    case .refusedProperty(let name, let why):
      "bus: the librdkafka property \(name) cannot be set: \(why); remove CONCLAVE_KAFKA_\(Self.variable(name))"
    case .tooLarge(let topic, let bytes, let limit):
      "bus: a record for \(topic) has \(bytes) bytes, more than the \(limit) of limits.record_bytes; write less"
    case .noSuchPartition(let topic, let partition, let has):
      "bus: \(topic) has \(has) partitions and no partition \(partition); the address came from elsewhere, drop it"
    case .unknownTopic(let topic):
      "bus: there is no topic \(topic); make it with `conclave topics create`"
    case .denied(let what, let why): "bus: the brokers refuse access to \(what): \(why); grant it to this user"
    case .closed: "bus: the producer or consumer is closed; what was not acknowledged may not be in the log"
    case .unreachable(let servers, let why): "bus: no broker of \(servers) can be reached: \(why); is it running?"
    case .timedOut(let what): "bus: \(what) took too long; it may be tried again"
    case .shape(let topic, let has, let needs):
      "bus: topic \(topic) has \(has) partitions and needs \(needs); make it anew, or set CONCLAVE_PARTITIONS to match"
    case .keeping(let topic, let property, let has, let needs):
      "bus: topic \(topic) has \(property) \(has) and needs \(needs); set it with kafka-configs"
    case .fenced(let instance):
      "bus: another process is a member under the name \(instance); give each process its own CONCLAVE_INSTANCE"
    case .notAssigned(let partition): "bus: \(partition) is not assigned to this consumer any more; stop working on it"
    case .noGroup: "bus: partitions were handed out without a group, so nothing can be committed; name a group"
    case .metadataTooLong(let partition, let characters):
      "bus: the commit for \(partition) carries \(characters) characters, more than the \(Tuning.commitMetadata) allowed"
    case .broker(let what, let name, let why, _, let fatal):
      "bus: \(what): \(why) (\(name))" + (fatal ? "; the handle must be replaced" : "")
    }
  }

  private static func variable(_ property: String) -> String {
    String(property.uppercased().map { $0 == "." ? "_" : $0 })
  }
}

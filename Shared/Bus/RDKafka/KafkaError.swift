internal import CRdKafka

/// What librdkafka or a broker said, and what follows from it.
struct KafkaError: Error, Sendable, Equatable {
  let code: Int32
  let text: String

  init(_ code: rd_kafka_resp_err_t, _ text: String? = nil) {
    self.code = code.rawValue
    self.text = text ?? String(cString: rd_kafka_err2str(code))
  }

  /// Takes the error over and frees it.
  init(consuming error: OpaquePointer) {
    self.init(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
    rd_kafka_error_destroy(error)
  }

  var name: String { String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(code))) }

  func `is`(_ codes: rd_kafka_resp_err_t...) -> Bool { codes.contains { $0.rawValue == code } }

  var isFatal: Bool { `is`(RD_KAFKA_RESP_ERR__FATAL) }
  var isFenced: Bool { `is`(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) }
  var isConnectionLost: Bool {
    `is`(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE)
  }
  var isPositionLost: Bool { `is`(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) }
  var isPartitionEnd: Bool { `is`(RD_KAFKA_RESP_ERR__PARTITION_EOF) }
  var isQueueFull: Bool { `is`(RD_KAFKA_RESP_ERR__QUEUE_FULL) }
  var isUnknownTopic: Bool {
    `is`(
      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
  }
  var isTooLarge: Bool {
    `is`(
      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
      RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE)
  }
  var isDenied: Bool {
    `is`(
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR__AUTHENTICATION,
      RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED)
  }

  /// Whether no record of that topic can be written until somebody has granted it, or made the topic.
  var stallsItsTopic: Bool { isDenied || isUnknownTopic }

  /// How long to wait before that is tried.
  var stall: Duration { isDenied ? Tuning.denied : Tuning.unknownTopic }

  /// Whether a record whose delivery failed so can still be delivered: sent again it may be in the log twice, which
  /// derived ids absorb. What stays is what the brokers will never take; access may yet be granted, and a topic made.
  var isWorthSendingAgain: Bool {
    !isTooLarge
      && !`is`(
        RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
        RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
        RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR__BAD_MSG,
        RD_KAFKA_RESP_ERR__BAD_COMPRESSION, RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE)
  }

  /// Whether asking the same again makes sense.
  var isPassing: Bool {
    `is`(
      RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
      RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RESOLVE,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
      RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
      RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
      RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR__NO_OFFSET, RD_KAFKA_RESP_ERR__IN_PROGRESS)
  }

  func asBusError(_ what: String, topic: String? = nil) -> BusError {
    if isDenied { return .denied(topic ?? what, why: text) }
    if isUnknownTopic, let topic { return .unknownTopic(topic) }
    if `is`(RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT) { return .timedOut(what) }
    return .broker(what: what, name: name, why: text, retriable: isPassing, fatal: isFatal || isFenced)
  }
}

extension KafkaError {
  static let unknownTopic = KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
}

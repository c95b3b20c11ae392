internal import CRdKafka
internal import Telemetry

/// librdkafka's mock cluster and the handle that carries it.
// Unchecked because the cluster has a thread and locks of its own, and the fields never change.
final class MockCluster: @unchecked Sendable {
  private let handle: OpaquePointer
  private let callbacks: HandleCallbacks
  private let cluster: OpaquePointer
  let bootstrap: String

  init(log: Log) throws(BusError) {
    callbacks = HandleCallbacks(log: log)
    // the name comes first, so that it stands in librdkafka's log lines; receive.message.max.bytes bounds a request
    handle = try Handle.make(
      RD_KAFKA_PRODUCER,
      [("client.id", "embedded-broker"), ("log_level", "4"), ("receive.message.max.bytes", "100000000")],
      callbacks)
    guard let cluster = rd_kafka_mock_cluster_new(handle, 1), let address = rd_kafka_mock_cluster_bootstraps(cluster)
    else {
      Handle.destroy(handle, callbacks)
      throw .unreachable("the embedded broker", why: "no loopback port could be opened")
    }
    self.cluster = cluster
    bootstrap = String(cString: address)
  }

  deinit {
    rd_kafka_mock_cluster_destroy(cluster)
    Handle.destroy(handle, callbacks)
  }

  func create(_ topic: TopicShape) throws(BusError) {
    let code = rd_kafka_mock_topic_create(cluster, topic.name, Int32(topic.partitions), 1)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaError(code).asBusError("create topic \(topic.name)")
    }
  }

  /// Always to the broker's own list: once it has one, be it empty, 2.0.2 never looks at the cluster's.
  func pushAnswer(_ request: EmbeddedBroker.Request, _ error: EmbeddedBroker.Fault?, after milliseconds: Int) {
    let code = error?.code ?? RD_KAFKA_RESP_ERR_NO_ERROR
    let refused = conclave_mock_push_answer(cluster, 1, request.rawValue, code, Int32(milliseconds))
    precondition(refused == RD_KAFKA_RESP_ERR_NO_ERROR, "the mock cluster has a broker 1")
  }

  func setRoundTrip(_ milliseconds: Int) { rd_kafka_mock_broker_set_rtt(cluster, -1, Int32(milliseconds)) }
  func setDown() { rd_kafka_mock_broker_set_down(cluster, -1) }
  func setUp() { rd_kafka_mock_broker_set_up(cluster, -1) }
}

extension EmbeddedBroker.Fault {
  fileprivate var code: rd_kafka_resp_err_t {
    switch self {
    case .disconnect: RD_KAFKA_RESP_ERR__TRANSPORT
    case .requestTimedOut: RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
    case .outOfOrderSequence: RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER
    case .notLeader: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
    case .notEnoughReplicas: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
    case .tooLarge: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
    case .denied: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
    case .clusterDenied: RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
    case .storage: RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR
    case .coordinatorLoading: RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
    case .offsetOutOfRange: RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE
    case .fencedInstance: RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
    case .invalidRecord: RD_KAFKA_RESP_ERR_INVALID_RECORD
    }
  }
}

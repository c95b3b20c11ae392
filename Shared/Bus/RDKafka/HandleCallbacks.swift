internal import CRdKafka
internal import Telemetry

/// Where librdkafka's callbacks of one handle arrive. It lives until the handle is destroyed, however long that takes.
// Unchecked because `log` is Sendable, and the closures are called on the one thread that polls the handle.
final class HandleCallbacks: @unchecked Sendable {
  typealias Partitions = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  let log: Log
  /// A record's number, and where it stands now or why it does not.
  var delivered: (UInt, Result<Position, KafkaError>) -> Void = { _, _ in }
  var failed: (KafkaError) -> Void = { _ in }
  /// True: partitions come; false: they go.
  var rebalanced: (Bool, [TopicPartition]) -> Void = { _, _ in }
  var committed: (UInt, KafkaError?) -> Void = { _, _ in }

  init(log: Log) { self.log = log }

  /// Ends the references that closures hold, which else are a cycle.
  func silence() {
    delivered = { _, _ in }
    failed = { _ in }
    rebalanced = { _, _ in }
    committed = { _, _ in }
  }

  static func of(_ handle: OpaquePointer?) -> HandleCallbacks? {
    guard let handle, let opaque = rd_kafka_opaque(handle) else { return nil }
    return Unmanaged<HandleCallbacks>.fromOpaque(opaque).takeUnretainedValue()
  }

  /// Sets the callbacks that every handle has.
  static func install(on configuration: OpaquePointer) {
    rd_kafka_conf_set_log_cb(configuration) { handle, level, facility, text in
      guard let callbacks = HandleCallbacks.of(handle), let facility, let text else { return }
      LogLines.write(Int(level), String(cString: facility), String(cString: text), to: callbacks.log)
    }
    rd_kafka_conf_set_error_cb(configuration) { handle, code, text, _ in
      HandleCallbacks.of(handle)?.failed(KafkaError(rd_kafka_resp_err_t(code), text.map { String(cString: $0) }))
    }
  }

  static func installForProducer(on configuration: OpaquePointer) {
    rd_kafka_conf_set_dr_msg_cb(configuration) { handle, message, _ in
      guard let message = message?.pointee, let callbacks = HandleCallbacks.of(handle) else { return }
      let number = UInt(bitPattern: message._private)
      if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        callbacks.delivered(number, .success(Position(partition: message.partition, offset: message.offset)))
      } else {
        callbacks.delivered(number, .failure(KafkaError(message.err)))
      }
    }
  }

  static func installForConsumer(on configuration: OpaquePointer) {
    rd_kafka_conf_set_rebalance_cb(configuration) { handle, code, partitions, _ in
      let list = PartitionList.elements(partitions).map(\.partition)
      HandleCallbacks.of(handle)?.rebalanced(code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, list)
    }
  }
}

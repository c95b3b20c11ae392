extension Assembling {
  package var settles: Bool { true }

  /// An ask under the id of a deliberation that ended within the window: it is not run again. An open connection is told
  /// to read the end where it is kept; a pipeline gets a record of its own.
  package func late(_ recorded: Recorded) -> [Output] {
    guard case .requested(let requested) = recorded.event else { return [] }
    let deliberation = recorded.subject
    let discriminator = requested.origin.discriminator
    let replies = requested.reply.map { address in
      var value = address.json.object ?? [:]
      value.append("deliberation", .string(deliberation))
      return Output(
        destination: .reply(partition: address.partition),
        id: "\(deliberation)/reply.ended/\(discriminator)/\(address.gateway)", type: "conclave.reply.ended.v1",
        subject: deliberation, key: nil, value: JSON.object(value).bytes, causation: recorded.id)
    }
    let message = "\(deliberation) has ended; an id runs once. Ask again under another id."
    var value: JSONObject = [
      "code": 409, "body": ErrorBody.json(code: 409, type: "precondition_failed", message: message, path: nil),
    ]
    value.append("metadata", ifPresent: requested.metadata)
    value.append("request_key", ifPresent: requested.origin.key.map { .string($0) })
    let result = Output(
      destination: .results, id: "\(deliberation)/result/\(discriminator)", type: "conclave.result.v1",
      subject: deliberation, key: deliberation, value: JSON.object(value).bytes, correlation: requested.origin.id,
      causation: recorded.id)
    return replies + [result]
  }
}

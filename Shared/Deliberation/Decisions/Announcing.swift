/// What the aggregator tells others on what it has read: callers what to give up, gateways what they wait for, pipelines
/// the result.
struct Announcing {
  private let deliberation: Deliberation

  init(_ deliberation: Deliberation) { self.deliberation = deliberation }

  private var id: String { deliberation.id }

  // MARK: Signals

  /// Calls that nobody waits for any more: of members given up by request, left behind by a seal, or called after one.
  func cancellations() -> [Output] {
    var outputs: [Output] = []
    let late = deliberation.late.filter { deliberation.calls[$0]?.outcome == nil }
    outputs += signal("late/\(deliberation.late.count)", late)
    guard deliberation.end == nil else { return outputs }
    for member in deliberation.givenUp.keys.sorted() {
      let calls = deliberation.calls.filter { key, call in
        key.purpose == .panel && key.member == member && call.outcome == nil
      }.map { $0.key }
      // an empty list is still said: the command may be on its way
      let named = calls.isEmpty ? possible(member) : calls
      outputs += signal("member/\(member)", named)
    }
    for (round, seal) in deliberation.seals {
      outputs += signal("seal/\(round)", seal.value.abandoned.map(CallKey.init))
    }
    return outputs
  }

  /// The call that a member would be waited for, where none is known to be asked.
  private func possible(_ member: Int) -> [CallKey] {
    guard let round = deliberation.openRound, deliberation.asked(in: round).contains(member),
      deliberation.seats.indices.contains(member)
    else { return [] }
    let key = deliberation.key(of: member, in: round)
    return deliberation.calls[key]?.outcome == nil ? [key] : []
  }

  private func signal(_ name: String, _ calls: [CallKey]) -> [Output] {
    guard !calls.isEmpty else { return [] }
    let value: JSON = [
      "deliberation": .string(id), "calls": .array(calls.map { .string($0.id(in: id).text) }),
    ]
    return [signal(name, value)]
  }

  private func signal(_ name: String, _ value: JSON) -> Output {
    Output(
      destination: .signals, id: "\(id)/signal/\(name)", type: "conclave.calls.cancelled.v1", subject: id, key: nil,
      value: value.bytes)
  }

  // MARK: Replies

  /// Everyone who waits for this deliberation, each once.
  private var addresses: [ReplyAddress] {
    var addresses: [ReplyAddress] = []
    let joined = deliberation.joined.filter { $0.value.verdict == .joined }.flatMap(\.value.reply)
    for address in (deliberation.ask?.reply ?? []) + joined where !addresses.contains(address) {
      addresses.append(address)
    }
    return addresses
  }

  private func reply(
    _ address: ReplyAddress, _ type: String, id: String, _ members: JSONObject, body: [UInt8]? = nil,
    causation: String?
  ) -> Output {
    var value: JSONObject = [
      "gateway": .string(address.gateway), "incarnation": .string(address.incarnation),
      "deliberation": .string(self.id),
    ]
    for member in members.members { value.append(member.key, member.value) }
    if body != nil { value.append("body", .null) }
    return Output(
      destination: .reply(partition: address.partition),
      id: "\(self.id)/reply/\(address.gateway)/\(address.incarnation)/\(id)", type: "conclave.reply.\(type).v1",
      subject: self.id, key: nil, value: body.map { value.bytes(with: $0, as: "body") } ?? JSON.object(value).bytes,
      causation: causation)
  }

  func progress() -> [Output] {
    guard deliberation.end == nil, !deliberation.progress.isEmpty else { return [] }
    return addresses.flatMap { address in
      deliberation.progress.map { step in
        reply(
          address, "progress", id: "progress/\(step.event)",
          [
            "event": .string(step.event), "type": .string(step.type), "time": .string(step.time.rfc3339),
            "data": .object(step.data),
          ], causation: step.event)
      }
    }
  }

  /// Asks that came under this id with another body, after its end, or that were refused: each is answered alone.
  func refusals() -> [Output] { deliberation.joined.flatMap { alone($0) } }

  /// The answer to one ask that is not the deliberation's. It follows from that ask alone, so that it is the same whether
  /// the deliberation is still held or was dropped.
  func alone(_ joined: Fact<Deliberation.Joined>) -> [Output] {
    let ask = joined.value
    switch ask.verdict {
    case .joined: return []
    case .late:
      // an open connection reads the end where it is kept, a pipeline is told by a record of its own
      let error = AskError(
        status: 409, type: "precondition_failed", "\(id) has ended; an id runs once. Ask again under another id.")
      return record(ask.discriminator, error.status, error.body.bytes, ask.origin, ask.metadata, joined.id)
        + ask.reply.map { reply($0, "ended", id: "ended/\(ask.discriminator)", [:], causation: joined.id) }
    case .refused(let error):
      // the reply names the ask, because others may wait for that deliberation at the same gateway
      let members: JSONObject = [
        "code": .int(Int64(error.status)), "body": error.body, "ask": .string(ask.origin.id),
      ]
      return record(ask.discriminator, error.status, error.body.bytes, ask.origin, ask.metadata, joined.id)
        + ask.reply.map { reply($0, "result", id: ask.discriminator, members, causation: joined.id) }
    }
  }

  /// The result and the final replies, once the end was read.
  func end() -> [Output] {
    guard let end = deliberation.end, let result = Results.result(deliberation) else { return [] }
    let body = result.body.bytes
    if case .rejected(let rejected) = end.value {
      return record("end", result.code, body, rejected.origin, rejected.metadata, end.id)
        + rejected.reply.map { final($0, result.code, body, end.id) }
    }
    guard let ask = deliberation.ask else { return [] }
    var outputs = record("end", result.code, body, ask.origin, ask.metadata, end.id)
    outputs += addresses.map { final($0, result.code, body, end.id) }
    if case .completed = end.value { return outputs }
    outputs.append(signal("end", ["deliberation": .string(id), "all": true]))
    return outputs
  }

  private func final(_ address: ReplyAddress, _ code: Int, _ body: [UInt8], _ cause: String) -> Output {
    reply(address, "result", id: "end", ["code": .int(Int64(code))], body: body, causation: cause)
  }

  private func record(
    _ name: String, _ code: Int, _ body: [UInt8], _ origin: Origin, _ metadata: JSON?, _ cause: String
  ) -> [Output] {
    var value: JSONObject = ["code": .int(Int64(code)), "body": .null]
    value.append("metadata", ifPresent: metadata)
    value.append("request_key", ifPresent: origin.key.map { .string($0) })
    return [
      Output(
        destination: .results, id: "\(id)/result/\(name)", type: "conclave.result.v1", subject: id, key: id,
        value: value.bytes(with: body, as: "body"), correlation: origin.id, causation: cause)
    ]
  }
}

internal import Deliberation
internal import Models

/// Gathers pieces of answers: at most one record a gateway and 10 ms, and no record longer than a bound.
struct DeltaGather: Sendable {
  private struct Bundle: Sendable {
    var order: [Int] = []
    var pieces: [Int: (json: JSONObject, delta: AnswerDelta)] = [:]
    var bytes = 0
  }

  private var bundles: [ReplyAddress: Bundle] = [:]
  /// When the oldest piece must go.
  private(set) var due: Moment?
  private let within: Int64
  private let limit: Int

  init(within: Int64, limit: Int) {
    self.within = within
    self.limit = limit
  }

  /// True: this address has enough for a record.
  mutating func add(_ delta: AnswerDelta, of call: Call, to address: ReplyAddress, now: Moment) -> Bool {
    var bundle = bundles.removeValue(forKey: address) ?? Bundle()
    if bundle.pieces[call.serial] == nil {
      bundle.order.append(call.serial)
      let json: JSONObject = [
        "deliberation": .string(call.command.call.deliberation), "call": .string(call.command.call.text),
        "execution": .string(call.execution), "offset": .int(Int64(call.shown)),
      ]
      bundle.pieces[call.serial] = (json, delta)
      bundle.bytes += 300
    } else {
      bundle.pieces[call.serial]?.delta.append(delta)
    }
    // a byte takes at most six once it is escaped; the exact size does not matter
    bundle.bytes += 2 * (delta.text.utf8.count + delta.reasoning.utf8.count) + 400 * delta.toolCalls.count
    let isFull = bundle.bytes >= limit
    bundles[address] = bundle
    if due == nil { due = now + within }
    return isFull
  }

  /// The record for one address, and the calls in it.
  mutating func take(_ address: ReplyAddress) -> (DeltaRecord, [Int])? {
    guard let bundle = bundles.removeValue(forKey: address) else { return nil }
    if bundles.isEmpty { due = nil }
    let deltas = bundle.order.compactMap { serial -> JSON? in
      guard let (head, delta) = bundle.pieces[serial] else { return nil }
      var object = head
      if !delta.text.isEmpty { object.append("text", .string(delta.text)) }
      if !delta.reasoning.isEmpty { object.append("reasoning", .string(delta.reasoning)) }
      if !delta.toolCalls.isEmpty { object.append("tool_calls", .array(delta.toolCalls)) }
      return .object(object)
    }
    return (DeltaRecord(address: address, deltas: deltas), bundle.order)
  }

  /// Whether some piece of this call still waits here.
  func holds(_ serial: Int, _ address: ReplyAddress) -> Bool { bundles[address]?.pieces[serial] != nil }

  var addresses: [ReplyAddress] {
    bundles.keys.sorted { ($0.partition, $0.gateway, $0.incarnation) < ($1.partition, $1.gateway, $1.incarnation) }
  }
}

internal import Deliberation
internal import Models

/// Gathers pieces of answers: at most one record a gateway and 10 ms, and no record longer than a bound. What comes first
/// after a pause goes at once.
struct DeltaGather: Sendable {
  private struct Bundle: Sendable {
    var order: [Int] = []
    var pieces: [Int: (json: JSONObject, delta: AnswerDelta)] = [:]
    var bytes = 0
    let due: Moment
  }

  private var bundles: [ReplyAddress: Bundle] = [:]
  /// When each address got its latest record, as far as that matters.
  private var taken: [ReplyAddress: Moment] = [:]
  private let within: Int64
  private let limit: Int

  /// More than this are looked through for those that have been quiet.
  private static let addresses = 256

  init(within: Int64, limit: Int) {
    self.within = within
    self.limit = limit
  }

  /// True: this address has enough for a record.
  mutating func add(_ delta: AnswerDelta, of call: Call, to address: ReplyAddress, now: Moment) -> Bool {
    var bundle =
      bundles.removeValue(forKey: address) ?? Bundle(due: max(now, taken[address].map { $0 + within } ?? now))
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
    return isFull
  }

  /// The record for one address, and the calls in it.
  mutating func take(_ address: ReplyAddress, now: Moment) -> (DeltaRecord, [Int])? {
    guard let bundle = bundles.removeValue(forKey: address) else { return nil }
    if taken.count >= Self.addresses { taken = taken.filter { now - $0.value < within } }
    taken[address] = now
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

  /// When the next record must go.
  var due: Moment? { bundles.values.map(\.due).min() }

  /// Those whose record must go by now.
  func addresses(due now: Moment) -> [ReplyAddress] {
    bundles.filter { $0.value.due <= now }.keys.sorted {
      ($0.partition, $0.gateway, $0.incarnation) < ($1.partition, $1.gateway, $1.incarnation)
    }
  }
}

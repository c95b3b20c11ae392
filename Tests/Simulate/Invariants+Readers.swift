import Bus
import Deliberation

/// Whoever reads results, replies or the deciders' states sees one end, and what follows from it alone.
extension Invariants {
  mutating func checkReaders(_ history: History, _ folded: Deliberation, _ end: History.Fact) {
    guard let result = Results.result(folded) else { return say(history, "its end has no result") }
    checkResults(history, folded, end, result)
    checkReplies(history, folded, end, result)
    for (place, state) in universe.closed where state.id == history.id && state.end?.id != end.id {
      say(history, "the \(place.service) followed \(state.end?.id ?? "no end"), not the first")
    }
  }

  private mutating func checkResults(
    _ history: History, _ folded: Deliberation, _ end: History.Fact, _ result: Results.Result
  ) {
    let results = traffic.results[history.id] ?? []
    let main = results.filter { $0.id == "\(history.id)/result/end" }
    if main.isEmpty { say(history, "it has no result") }
    for message in main {
      if message.cause != end.id { say(history, "a result follows \(message.cause ?? "nothing"), not the first end") }
      if message.sequence < end.sequence { say(history, "a result stood before the end that it tells of") }
      let json = try? JSON.parse(message.value)
      if json?["code"]?.int != Int64(result.code) || json?["body"] != result.body {
        say(history, "a result is another than what follows from the end")
      }
    }
    var values: [String: [UInt8]] = [:]
    for message in results {
      if let known = values[message.id], known != message.value {
        say(history, "\(message.id) was written with two contents")
      }
      values[message.id] = message.value
    }
    var expected: Set = ["\(history.id)/result/end"]
    for joined in folded.joined {
      let id = "\(history.id)/result/\(joined.value.discriminator)"
      if joined.value.verdict == .joined { continue }
      expected.insert(id)
      if values[id] == nil { say(history, "the ask \(joined.id) has no result of its own") }
    }
    for id in values.keys where !expected.contains(id) {
      say(history, "there is a result \(id), which nobody asked for")
    }
  }

  private mutating func checkReplies(
    _ history: History, _ folded: Deliberation, _ end: History.Fact, _ result: Results.Result
  ) {
    let all = traffic.replies[history.id] ?? []
    let finals = all.filter { $0.type == "conclave.reply.result.v1" && $0.json["ask"] == nil }
    for reply in finals {
      if reply.cause != end.id { say(history, "a reply follows \(reply.cause ?? "nothing"), not the first end") }
      if reply.sequence < end.sequence { say(history, "a reply stood before the end that it tells of") }
      if reply.json["code"]?.int != Int64(result.code) || reply.json["body"] != result.body {
        say(history, "a reply is another than what follows from the end")
      }
    }
    var waiting: [ReplyAddress] = folded.ask?.value.reply ?? []
    if folded.ask == nil, case .rejected(let rejected) = folded.end?.value { waiting = rejected.reply }
    for joined in folded.joined where joined.value.verdict == .joined { waiting += joined.value.reply }
    for address in waiting where !finals.contains(where: { $0.address == address }) {
      say(history, "\(address.gateway) has no reply")
    }
    for joined in folded.joined where joined.value.verdict != .joined {
      for address in joined.value.reply {
        let isTold = all.contains { reply in
          reply.address == address && (joined.value.verdict == .late) == (reply.type == "conclave.reply.ended.v1")
        }
        if !isTold { say(history, "\(address.gateway) is not told what became of its ask \(joined.id)") }
      }
    }
  }
}

import Bus
import Deliberation

/// What went out beside the log: results, replies, signals and commands, by whom they concern.
struct Traffic {
  struct Message {
    let id: String
    let cause: String?
    let sequence: Int
    let value: [UInt8]
  }

  struct Reply {
    let address: ReplyAddress
    let type: String
    let cause: String?
    let sequence: Int
    let json: JSON
  }

  private(set) var results: [String: [Message]] = [:]
  private(set) var replies: [String: [Reply]] = [:]
  /// Calls that somebody was told to give up, and deliberations of which all.
  private(set) var cancelled: Set<String> = []
  /// When the commands of each call came, by the command's id.
  private(set) var commands: [String: [Int]] = [:]
  private(set) var unreadable: [String] = []

  init(_ universe: Universe) {
    for partition in 0..<universe.partitions {
      for (record, sequence) in zip(universe.records(.results, partition), universe.sequences(.results, partition)) {
        guard let subject = record.headers.text("ce_subject"), let id = record.headers.text("ce_id") else {
          unreadable.append("a result without envelope")
          continue
        }
        results[subject, default: []].append(
          Message(
            id: id, cause: record.headers.text("ce_causationid"), sequence: sequence, value: record.value ?? []))
      }
      for (record, sequence) in zip(universe.records(.replies, partition), universe.sequences(.replies, partition)) {
        read(record, sequence)
      }
      for topic in [Universe.Topic.calls, .mute] {
        for (record, sequence) in zip(universe.records(topic, partition), universe.sequences(topic, partition)) {
          guard let id = record.headers.text("ce_id") else { continue }
          commands[id, default: []].append(sequence)
        }
      }
    }
    for record in universe.records(.signals, 0) {
      guard record.headers.text("ce_type") == "conclave.calls.cancelled.v1",
        let signal = try? JSON.parse(record.value ?? []), let deliberation = signal["deliberation"]?.string
      else { continue }
      if signal["all"]?.bool == true { cancelled.insert(deliberation) }
      cancelled.formUnion(signal["calls"]?.array?.compactMap(\.string) ?? [])
    }
  }

  private mutating func read(_ record: Record, _ sequence: Int) {
    guard let type = record.headers.text("ce_type"),
      ["conclave.reply.result.v1", "conclave.reply.ended.v1"].contains(type)
    else { return }
    guard let json = try? JSON.parse(record.value ?? []), let deliberation = json["deliberation"]?.string,
      let gateway = json["gateway"]?.string, let incarnation = json["incarnation"]?.string
    else {
      unreadable.append("a reply cannot be read")
      return
    }
    replies[deliberation, default: []].append(
      Reply(
        address: ReplyAddress(partition: Int(record.partition), gateway: gateway, incarnation: incarnation), type: type,
        cause: record.headers.text("ce_causationid"), sequence: sequence, json: json))
  }

  func isCancelled(_ call: CallID) -> Bool { cancelled.contains(call.text) || cancelled.contains(call.deliberation) }
}

internal import Deliberation

/// What every caller must hear at once.
package enum Signal: Sendable, Equatable {
  /// nil: every call of the deliberation.
  case cancelled(deliberation: String, calls: [String]?)
  case running(instance: String, calls: [String])
  case ended(calls: [String])

  package static let cancelledType = "conclave.calls.cancelled.v1"
  package static let runningType = "conclave.calls.running.v1"
  package static let endedType = "conclave.calls.ended.v1"

  /// nil: of a type that is not known here, to be ignored.
  package static func parse(type: String, value: [UInt8]) throws(CommandError) -> Signal? {
    guard [cancelledType, runningType, endedType].contains(type) else { return nil }
    let json: JSON
    do throws(JSONError) { json = try JSON.parse(value) } catch { throw .notJSON(error.description) }
    let calls = json["calls"]?.array?.compactMap(\.string)
    guard calls?.count == json["calls"]?.array?.count else { throw .wrong("calls", "a list of call ids") }
    switch type {
    case cancelledType:
      guard let deliberation = json["deliberation"]?.string else { throw .wrong("deliberation", "an id") }
      if json["all"]?.bool == true { return .cancelled(deliberation: deliberation, calls: nil) }
      guard let calls else { throw .wrong("calls", "a list of call ids") }
      return .cancelled(deliberation: deliberation, calls: calls)
    case runningType:
      guard let instance = json["instance"]?.string, let calls else { throw .wrong("instance", "a name, with calls") }
      return .running(instance: instance, calls: calls)
    default:
      guard let calls else { throw .wrong("calls", "a list of call ids") }
      return .ended(calls: calls)
    }
  }

  package var type: String {
    switch self {
    case .cancelled: Self.cancelledType
    case .running: Self.runningType
    case .ended: Self.endedType
    }
  }

  package var value: [UInt8] {
    switch self {
    case .cancelled(let deliberation, let calls):
      var object: JSONObject = ["deliberation": .string(deliberation)]
      if let calls { object.append("calls", .array(calls.map(JSON.string))) } else { object.append("all", true) }
      return JSON.object(object).bytes
    case .running(let instance, let calls):
      return JSON.object(["instance": .string(instance), "calls": .array(calls.map(JSON.string))]).bytes
    case .ended(let calls):
      return JSON.object(["calls": .array(calls.map(JSON.string))]).bytes
    }
  }
}

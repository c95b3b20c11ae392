internal import Deliberation

/// What became of one try, for the call's event.
package struct TryRecord: Sendable, Equatable {
  package let provider: String
  package let status: Int?
  /// nil: it succeeded.
  package let reason: String?
  package let milliseconds: Int64
  /// The answer held bytes that are no UTF-8; they were replaced.
  package let isRepaired: Bool

  package init(provider: String, status: Int?, reason: String?, milliseconds: Int64, isRepaired: Bool = false) {
    self.provider = provider
    self.status = status
    self.reason = reason
    self.milliseconds = milliseconds
    self.isRepaired = isRepaired
  }

  var json: JSON {
    var object = JSONObject()
    object.append("provider", .string(provider))
    object.append("status", ifPresent: status.map { .int(Int64($0)) })
    object.append("reason", ifPresent: reason.map(JSON.string))
    object.append("ms", .int(milliseconds))
    if isRepaired { object.append("repaired", true) }
    return .object(object)
  }
}

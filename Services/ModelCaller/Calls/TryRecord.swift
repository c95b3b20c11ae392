internal import Deliberation

/// What became of one try, for the call's event.
package struct TryRecord: Sendable, Equatable {
  package let provider: String
  package let status: Int?
  /// nil: it succeeded.
  package let reason: String?
  package let milliseconds: Int64

  package init(provider: String, status: Int?, reason: String?, milliseconds: Int64) {
    self.provider = provider
    self.status = status
    self.reason = reason
    self.milliseconds = milliseconds
  }

  var json: JSON {
    var object = JSONObject()
    object.append("provider", .string(provider))
    object.append("status", ifPresent: status.map { .int(Int64($0)) })
    object.append("reason", ifPresent: reason.map(JSON.string))
    object.append("ms", .int(milliseconds))
    return .object(object)
  }
}

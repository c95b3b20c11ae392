/// Someone gave up the whole deliberation, or some members of its panel.
package struct CancelRequested: Sendable, Equatable {
  package let by: CancelledBy
  /// Indexes of members; nil: everything.
  package let members: [Int]?

  package init(by: CancelledBy, members: [Int]? = nil) {
    self.by = by
    self.members = members
  }

  /// Reads the value of `conclave.cancel.v1` too: it has the same fields.
  package init(_ value: [UInt8]) throws(EventError) { try self.init(Fields(value)) }

  init(_ fields: Fields) throws(EventError) {
    by = try fields.required("by", try fields.choice("by"))
    if !fields.has("members") {
      members = nil
    } else {
      var indexes: [Int] = []
      for value in try fields.list("members") {
        guard let index = value.int, (0..<Int64(Limits.members)).contains(index) else {
          throw EventError("members holds what is no index of a member")
        }
        indexes.append(Int(index))
      }
      guard !indexes.isEmpty else { throw EventError("members is empty; leave it out to cancel everything") }
      members = indexes
    }
  }

  package var json: JSON {
    var object: JSONObject = ["by": .string(by.rawValue)]
    object.append("members", ifPresent: members.map { .array($0.map { .int(Int64($0)) }) })
    return .object(object)
  }
}

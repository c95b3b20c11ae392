/// A record of the log as an audit sees it: its content is hashed and what matters of it is kept, so that a long log fits.
package struct AuditRecord: Sendable {
  /// Where on the log it stood.
  package let place: String
  /// Where it stands in a copy; tells two rows for one place apart.
  package let row: Int64
  package let subject: String
  package let id: String
  /// SHA-256 as it was when it was read from the log, and of what stands there now (the same where nobody kept the first).
  package let hash: [UInt8]
  package let found: [UInt8]
  package let isErased: Bool
  package let unreadable: String?
  let name: Event.Name?
  let matter: Matter

  /// What an audit needs of a content.
  enum Matter: Sendable {
    case end(digest: String, events: Int64)
    case outcome(call: String, execution: String, cost: Double?)
    case tombstone(hashes: Set<String>)
    case other
  }

  /// `hash`: what was kept of the content when it came in; nil where this is the log itself.
  package init(
    place: String, row: Int64, subject: String, id: String, type: String, value: [UInt8]?, hash: [UInt8]? = nil,
    isErased: Bool = false, unreadable: String? = nil
  ) {
    self.place = place
    self.row = row
    self.subject = subject
    self.id = id
    self.isErased = isErased
    self.unreadable = unreadable
    found = isErased ? hash ?? [] : SHA256.hash(value ?? [])
    self.hash = hash ?? found
    name = Event.Name(type: type)
    matter = Self.matter(name, value)
  }

  private static func matter(_ name: Event.Name?, _ value: [UInt8]?) -> Matter {
    guard let name, let value else { return .other }
    switch name {
    case .completed, .failed, .cancelled:
      guard let json = try? JSON.parse(value), let digest = json["digest"]?.string,
        let events = json["digest_events"]?.int
      else { return .other }
      return .end(digest: digest, events: events)
    case .callCompleted, .callFailed:
      guard let json = try? JSON.parse(value), let call = json["call"]?.string else { return .other }
      return .outcome(call: call, execution: json["execution"]?.string ?? "", cost: json["cost"]?.number)
    case .forgotten:
      let hashes = (try? JSON.parse(value))?["hashes"]?.array ?? []
      return .tombstone(hashes: Set(hashes.compactMap(\.string)))
    default: return .other
    }
  }
}

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
  package let erasure: Erasure
  /// Why nobody can read it; it is no fact then.
  package let unreadable: String?
  package let envelope: [UInt8]
  package let type: String
  /// What a copy says that it is among the records of its deliberation.
  let standing: Standing?
  /// Whether the fields of a copy's row still have the seal that they were written down with.
  let isSealed: Bool
  let name: Event.Name?
  let matter: Matter

  /// What an audit needs of a content.
  enum Matter: Sendable {
    case end(digest: String, events: Int64)
    case outcome(call: String, execution: String, cost: Double?)
    case tombstone(hashes: Set<String>)
    case other
  }

  package var isErased: Bool { erasure != .none }

  /// `hash`: what was kept of the content when it came in; nil where this is the log itself. `key` and `headers`: as the
  /// bus carries them.
  package init(
    place: String, row: Int64, subject: String, id: String, type: String, key: [UInt8]?, headers: [UInt8],
    value: [UInt8]?, hash: [UInt8]? = nil, erasure: Erasure = .none, standing: Standing? = nil, isSealed: Bool = true,
    unreadable: String? = nil
  ) {
    self.place = place
    self.row = row
    self.subject = subject
    self.id = id
    self.type = type
    self.erasure = erasure
    self.standing = standing
    self.isSealed = isSealed
    self.unreadable = unreadable
    envelope = Self.envelope(key: key, headers: headers)
    found = erasure != .none ? hash ?? [] : SHA256.hash(value ?? [])
    self.hash = hash ?? found
    name = Event.Name(type: type)
    matter = unreadable == nil ? Self.matter(name, value) : .other
  }

  /// SHA-256 over key and headers, so that a copy can be held against the log without its contents.
  package static func envelope(key: [UInt8]?, headers: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update("\(key?.count ?? -1)\n")
    hash.update(key ?? [])
    hash.update(headers)
    return hash.finish()
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

/// Why SQLite did not do what it was asked, and what to do about it.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// No room on the disk. It may be tried again when there is some.
    case full
    /// Somebody else holds the file. It may be tried again.
    case busy
    /// The bytes are no database any more.
    case corrupt
    /// The disk could not be read or written.
    case disk
    /// The file cannot be opened at all.
    case unopened
    /// The statement is wrong, or what it was given does not fit its table.
    case refused
  }

  package let kind: Kind
  package let path: String
  package let why: String

  package init(_ kind: Kind, path: String, why: String) {
    self.kind = kind
    self.path = path
    self.why = why
  }

  /// Whether the same may work later without anybody touching the file.
  package var passes: Bool { kind == .full || kind == .busy || kind == .disk }

  package var description: String {
    let advice =
      switch kind {
      case .full: "make room on that disk; it goes on by itself"
      case .busy: "end whatever else has it open for writing; it goes on by itself"
      case .corrupt: "move the file and its -wal and -shm away; what the log still has is read again from its beginning"
      case .disk: "look at that disk (dmesg); it is tried again"
      case .unopened: "check that the folder exists and may be written"
      case .refused: "this is a defect; keep the file"
      }
    return "store: \(path): \(why); \(advice)"
  }
}

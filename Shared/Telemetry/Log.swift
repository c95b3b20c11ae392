/// Where a service says what happened: one line an event, the data in fields, never a prompt, an answer or a key at
/// level info or above.
package struct Log: Sendable {
  /// How much a line matters; lines below the log's own level are not written.
  package enum Level: Int, Sendable, CaseIterable {
    case debug, info, warning, error

    package init?(_ name: String) {
      guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
      self = level
    }

    package var name: String {
      switch self {
      case .debug: "debug"
      case .info: "info"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }

  /// For people (`text`) or for machines (`json`).
  package enum Format: Sendable {
    case text, json
  }

  package typealias Field = (String, any CustomStringConvertible & Sendable)

  /// A value longer than this is cut: a line that cannot be read helps nobody, and short lines reach a pipe whole.
  static let longestValue = 2_000

  package let level: Level
  private let format: Format
  private let service: String
  private let instance: String
  private let fields: [Field]
  private let write: @Sendable (String) -> Void

  package init(
    service: String, instance: String, level: Level, format: Format,
    write: @escaping @Sendable (String) -> Void = Log.standardError
  ) {
    self.init(service, instance, level, format, [], write)
  }

  private init(
    _ service: String, _ instance: String, _ level: Level, _ format: Format, _ fields: [Field],
    _ write: @escaping @Sendable (String) -> Void
  ) {
    self.service = service
    self.instance = instance
    self.level = level
    self.format = format
    self.fields = fields
    self.write = write
  }

  /// A log that writes nothing, for tests and tools.
  package static let silent = Log(service: "", instance: "", level: .error, format: .text) { _ in }

  /// For whoever has to work out what a line would say, for each of thousands of calls.
  package var tellsDetails: Bool { level == .debug }

  package func debug(_ event: String, _ fields: Field...) { line(.debug, event, fields) }
  package func info(_ event: String, _ fields: Field...) { line(.info, event, fields) }
  package func warning(_ event: String, _ fields: Field...) { line(.warning, event, fields) }
  package func error(_ event: String, _ fields: Field...) { line(.error, event, fields) }

  /// A line whose level is only known while running, as with what a C library reports.
  package func line(_ level: Level, _ event: String, _ fields: [Field]) {
    guard level.rawValue >= self.level.rawValue else { return }
    let all = self.fields + fields
    switch format {
    case .text: write(LogLine.text(Timestamp.now(), level, event, all))
    case .json: write(LogLine.json(Timestamp.now(), level, service, instance, event, all))
    }
  }

  /// The same log with fields that stand on each of its lines.
  package func with(_ fields: Field...) -> Log {
    Log(service, instance, level, format, self.fields + fields, write)
  }
}

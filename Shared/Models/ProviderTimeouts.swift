internal import Deliberation

/// How long a provider may keep a call waiting, beside the call's own deadline.
package struct ProviderTimeouts: Sendable, Equatable {
  /// Until the connection stands.
  package var connect: Duration = .milliseconds(5000)
  /// From the request to the first byte of the answer.
  package var firstToken: Duration = .milliseconds(60_000)
  /// Between two pieces of the answer.
  package var idle: Duration = .milliseconds(30_000)

  package init() {}

  init(provider: String, json: JSON?) throws(ProviderSettingsError) {
    guard let json else { return }
    let path = "providers.\(provider).timeouts"
    guard json.object != nil else { throw .wrong(path, "write an object such as {\"connect_ms\": 5000}") }
    if let value = try Self.read(json, "connect_ms", path) { connect = value }
    if let value = try Self.read(json, "first_token_ms", path) { firstToken = value }
    if let value = try Self.read(json, "idle_ms", path) { idle = value }
  }

  private static func read(_ json: JSON, _ name: String, _ path: String) throws(ProviderSettingsError) -> Duration? {
    guard let value = json[name] else { return nil }
    guard let milliseconds = value.int, (1...1_800_000).contains(milliseconds) else {
      throw .wrong("\(path).\(name)", "write milliseconds from 1 to 1800000")
    }
    return .milliseconds(milliseconds)
  }
}

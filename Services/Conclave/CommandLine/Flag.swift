/// An option of a command, as `--help` shows it.
struct Flag: Sendable {
  let name: String
  /// What its value is, in one word; nil where it takes none.
  let value: String?
  let help: String

  init(_ name: String, _ value: String? = nil, _ help: String) {
    self.name = name
    self.value = value
    self.help = help
  }
}

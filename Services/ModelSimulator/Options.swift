/// What the command line and the environment say.
struct Options: Equatable, Sendable {
  var host = "127.0.0.1"
  var port = 0
  /// Of models whose name asks for no other, in milliseconds.
  var latency = 40
  /// Where bare connections with faults that no HTTP server makes are offered; nil: nowhere.
  var faultsPort: Int?
  /// Ends with the process that started it.
  var endsWithParent = false
  /// Shows the latest request at `/last`.
  var keepsLast = false
  var asksForHelp = false

  struct Wrong: Error, Equatable, CustomStringConvertible { let description: String }

  static let help = """
    usage: model-simulator [--port 0] [--host 127.0.0.1] [--latency 40] [--faults-port 0] [--with-parent]
           [--keep-last]

    A stand-in provider that speaks OpenAI's chat completions and answers by itself.
      --port N        port to listen on; 0: any, and the line on standard output says which
      --host ADDRESS  address to listen on
      --latency MS    pause before the answers of models whose name asks for no other; also
                      CONCLAVE_SIMULATOR_LATENCY_MS, which the flag wins over
      --faults-port N a second port whose path names a fault below HTTP; 0: any, told on standard output
      --keep-last     show the latest request at /last, without its key
      --with-parent   end when the process that started it ends
    """

  init(arguments: [String], environment: [String: String]) throws(Wrong) {
    if let text = environment["CONCLAVE_SIMULATOR_LATENCY_MS"] {
      latency = try Options.number(text, "CONCLAVE_SIMULATOR_LATENCY_MS", 1_800_000)
    }
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      switch flag {
      case "--help", "-h": asksForHelp = true
      case "--with-parent": endsWithParent = true
      case "--keep-last": keepsLast = true
      case "--host": host = try Options.value(flag, &rest)
      case "--port": port = try Options.number(try Options.value(flag, &rest), flag, 65_535)
      case "--faults-port": faultsPort = try Options.number(try Options.value(flag, &rest), flag, 65_535)
      case "--latency": latency = try Options.number(try Options.value(flag, &rest), flag, 1_800_000)
      default: throw Wrong(description: "unknown argument \"\(flag)\"; see --help")
      }
    }
  }

  private static func value(_ flag: String, _ rest: inout ArraySlice<String>) throws(Wrong) -> String {
    guard let value = rest.popFirst() else { throw Wrong(description: "\(flag) needs a value; see --help") }
    return value
  }

  private static func number(_ text: String, _ name: String, _ limit: Int) throws(Wrong) -> Int {
    guard let number = Int(text), number >= 0, number <= limit else {
      throw Wrong(description: "\(name) \"\(text)\" is not a number from 0 to \(limit)")
    }
    return number
  }
}

internal import Deliberation
internal import Glibc
internal import Threads

/// The clients' own record, which the verifier reads: one JSON object a line, each written at once.
final class ClientBook: Sendable {
  let path: String
  private let file: Lock<Int32>

  init(path: String) throws(Failure) {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Failure("\(path) cannot be written") }
    file = Lock(descriptor)
  }

  deinit { file.withLock { _ = close($0) } }

  func write(_ object: JSONObject) {
    let line = JSON.object(object).bytes + [UInt8(ascii: "\n")]
    file.withLock { descriptor in
      var rest = line[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        // a full disk shows as an unfinished record, which does not pass
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
  }

  func note(_ text: String, _ fields: JSONObject = [:]) {
    var object: JSONObject = ["kind": "note", "at": .int(Time.now), "text": .string(text)]
    for member in fields.members { object[member.key] = member.value }
    write(object)
  }
}

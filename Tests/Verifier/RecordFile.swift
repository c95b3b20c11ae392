internal import Glibc

/// The clients' record, read as it grows.
struct RecordFile: ~Copyable {
  private let file: Int32
  private var pending: [UInt8] = []
  private(set) var record = ClientRecord()

  init?(_ path: String) {
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
  }

  deinit { close(file) }

  /// Takes every line that is complete by now.
  mutating func readOn() {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      for byte in chunk.prefix(count) {
        if byte == UInt8(ascii: "\n") {
          record.take(line: pending)
          pending.removeAll(keepingCapacity: true)
        } else {
          pending.append(byte)
        }
      }
    }
  }
}

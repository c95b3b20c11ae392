internal import Bus
internal import FoundationEssentials
internal import Glibc

/// Records in a file, one after the other, as cheap to read as from a socket.
enum RecordFile {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static func make(_ path: String, count: Int) throws -> (records: Int, bytes: Int) {
    guard let file = fopen(path, "w") else { throw Failure(description: "\(path) cannot be written") }
    defer { fclose(file) }
    var teller = Teller(seed: 1)
    // one that is one in twenty
    teller.tenants = ["rare"] + Array(repeating: "default", count: 19)
    var made = 0
    var size = 0
    while made < count {
      for record in teller.records(min(20_000, count - made)) {
        var bytes: [UInt8] = []
        for number in [Int64(record.partition), record.offset, record.timestamp] { append(number, to: &bytes) }
        for part in [record.key ?? [], record.value ?? [], HeaderBytes.encode(record.headers)] {
          append(Int64(part.count), to: &bytes)
          bytes += part
        }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Failure(description: "the disk is full") }
        made += 1
        size += bytes.count
      }
    }
    return (made, size)
  }

  static func read(_ path: String, _ body: (Record) throws -> Void) throws {
    guard let file = fopen(path, "r") else { throw Failure(description: "\(path) cannot be read") }
    defer { fclose(file) }
    while let partition = number(file), let offset = number(file), let at = number(file), let key = part(file),
      let value = part(file), let headers = part(file)
    {
      try body(
        Record(
          topic: Teller.topic, partition: Int32(truncatingIfNeeded: partition), offset: offset, timestamp: at, key: key,
          value: value, headers: HeaderBytes.decode(headers)))
    }
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
  }

  private static func number(_ file: UnsafeMutablePointer<FILE>) -> Int64? {
    var number: Int64 = 0
    return fread(&number, 8, 1, file) == 1 ? number : nil
  }

  private static func part(_ file: UnsafeMutablePointer<FILE>) -> [UInt8]? {
    guard let count = number(file), count >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(count))
    return fread(&bytes, 1, Int(count), file) == Int(count) ? bytes : nil
  }
}

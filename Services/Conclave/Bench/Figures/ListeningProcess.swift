internal import FoundationEssentials
internal import Glibc

/// Finds the process of this machine that listens on a port: a broker that was there before the measurement counts as
/// part of the system that is measured.
enum ListeningProcess {
  static func pid(port: Int) -> Int32? {
    let sockets = Set((table("/proc/net/tcp", port) + table("/proc/net/tcp6", port)).map { "socket:[\($0)]" })
    guard !sockets.isEmpty, let entries = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else {
      return nil
    }
    for pid in entries.compactMap({ Int32($0) }) {
      let folder = "/proc/\(pid)/fd"
      guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else { continue }
      for file in files where sockets.contains(target("\(folder)/\(file)")) { return pid }
    }
    return nil
  }

  /// The sockets that listen on the port.
  private static func table(_ path: String, _ port: Int) -> [Substring] {
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      // local address, state (0A: listens) and inode
      guard fields.count > 9, fields[3] == "0A", let hex = fields[1].split(separator: ":").last,
        Int(hex, radix: 16) == port
      else { return nil }
      return fields[9]
    }
  }

  private static func target(_ link: String) -> String {
    var path = [CChar](repeating: 0, count: 256)
    let length = readlink(link, &path, path.count)
    guard length > 0 else { return "" }
    return String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
